import t from 'tap'
import { MODEL, startCampus } from '../campus.ts'

/** OpenAI's official client on the older completions. */

const campus = await startCampus(t)
const { client, provider } = campus
const sent = () => provider.requests.at(-1)?.body as Record<string, unknown>
const lastRecord = async () => (await campus.records()).at(-1)?.record
const failureOf = async (promise: Promise<unknown>) =>
  await promise.then(
    () => undefined,
    (error: unknown) => error,
  )

t.test('one, several, and a stream', async t => {
  const prompt = 'Once upon a time [[demo: tokens=6]]'
  const whole = await client.completions.create({ model: MODEL, prompt, n: 2, max_tokens: 20, stop: 'END' })
  t.match(whole, {
    id: /^cmpl-/,
    object: 'text_completion',
    model: MODEL,
    choices: [
      { index: 0, finish_reason: 'stop', logprobs: null },
      { index: 1, finish_reason: 'stop' },
    ],
    usage: { completion_tokens: 12 },
  })
  t.match(sent(), {
    messages: [{ content: 'Be kind.' }, { role: 'user', content: prompt }],
    n: 2,
    stop: 'END',
    max_tokens: 20,
  })
  const stream = await client.completions.create({
    model: MODEL,
    prompt: [prompt],
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  t.equal(chunks.map(chunk => chunk.choices[0]?.text ?? '').join(''), whole.choices[0]?.text)
  t.equal(chunks.at(-2)?.choices[0]?.finish_reason, 'stop')
  const record = await lastRecord()
  t.match(chunks.at(-1), { choices: [], usage: { total_tokens: record?.chargeTokens } })
  t.match(record, {
    endpoint: '/v1/completions',
    stream: true,
    messages: [{ role: 'user', content: prompt }],
  })
  const plain = await Array.fromAsync(await client.completions.create({ model: MODEL, prompt, stream: true }))
  t.notOk(
    plain.some(chunk => 'usage' in chunk),
    'no usage where none was asked for',
  )
})

t.test('what a chat model cannot do is refused', async t => {
  for (const more of [{ suffix: 'x' }, { echo: true }, { best_of: 3 }, { logprobs: 1 }]) {
    const failure = await failureOf(client.completions.create({ model: MODEL, prompt: 'hi', ...more }))
    t.match(failure, { status: 400, param: Object.keys(more)[0], message: /is not possible here/ })
  }
  for (const prompt of [['a', 'b'], [1, 2], []] as [string[], number[], []]) {
    t.match(await failureOf(client.completions.create({ model: MODEL, prompt })), {
      status: 400,
      param: 'prompt',
    })
  }
  const harmless = { best_of: 1, echo: false, suffix: null, logprobs: null }
  t.match(await client.completions.create({ model: MODEL, prompt: 'hi', ...harmless }), { choices: [{}] })
})
