import t from 'tap'
import { ask, MODEL, startSystem, until } from './system.ts'

const system = await startSystem(t)

t.test('P7: each chunk arrives as its own event, when the provider sends it', async t => {
  const stream = await system.client().chat.completions.create({
    model: MODEL,
    messages: ask('Slowly, please.', 'first=0 gap=300 tokens=6'),
    stream: true,
  })
  const arrivals: number[] = []
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) arrivals.push(performance.now())
  const gaps = arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? 0))
  t.equal(gaps.length, 5)
  // Chunks that were held back and sent together would be milliseconds apart.
  t.ok(
    gaps.every(gapMs => gapMs > 150),
    `gaps of ${gaps.map(Math.round)} ms`,
  )
})

t.test('P5: who hangs up stops the provider at once and pays for what came until then', async t => {
  const { id = '' } = system.demo.students[1] ?? {}
  const balance = () => system.staff<{ used: number; held: number }>('GET', `/api/students/${id}/balance`)
  const before = await balance()
  const stream = await system.client(1).chat.completions.create({
    model: MODEL,
    messages: ask('A long story.', 'first=0 gap=20 tokens=900'),
    stream: true,
  })
  let chunks = 0
  for await (const _ of stream) if (++chunks === 10) break
  await until(
    async () => system.provider.requests.some(request => request.aborted),
    'the provider sees the hang-up',
    2000,
  )
  await until(async () => (await balance()).held === 0, 'the hold has ended')
  const charged = (await balance()).used - before.used
  t.ok(charged > 0, 'not free')
  t.ok(charged < 300, `not the whole answer: ${charged}`)
})

t.test('an answer that the provider breaks off ends with an error, and is charged for what came', async t => {
  const stream = await system.client().chat.completions.create({
    model: MODEL,
    messages: ask('Break.', 'tokens=50 cut=5'),
    stream: true,
  })
  const texts: string[] = []
  const failure = await (async () => {
    for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? '')
  })().then(
    () => undefined,
    (error: unknown) => error,
  )
  t.ok(texts.length >= 5)
  t.match(failure, { code: 'provider_error' })
})
