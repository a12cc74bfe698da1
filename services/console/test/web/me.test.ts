import { execFileSync } from 'node:child_process'
import t from 'tap'
import { snippetOf } from '../../web/src/pages/me/snippets.ts'
import { answerTexts } from '../../web/src/parts/chat/answer-stream.ts'

/** What the students' page reads and writes without a browser. */

const texts = async (...chunks: (string | Uint8Array)[]) => {
  const bytes = chunks.map(chunk => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk))
  return Array.fromAsync(answerTexts(ReadableStream.from(bytes)))
}
const event = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`

t.test('a stream is read wherever it is cut', async t => {
  const whole = new TextEncoder().encode(`: hello\n\n${event('Grüße')}${event('，世界')}data: [DONE]\n\n`)
  for (let at = 0; at < whole.length; at += 1)
    t.same(await texts(whole.subarray(0, at), whole.subarray(at)), ['Grüße', '，世界'])
  t.same(await texts('data: {"choices":[],"usage":{}}\n\n', 'data: {"choices":[{"delta":{}}]}\n\n'), [])
})

t.test('an error within it is thrown, after what came before', async t => {
  const seen: string[] = []
  const failing = async () => {
    const error = 'data: {"error":{"code":"provider_timeout","message":"Too slow."}}\n\n'
    const chunks = [event('so far'), error].map(text => new TextEncoder().encode(text))
    for await (const text of answerTexts(ReadableStream.from(chunks))) seen.push(text)
  }
  await t.rejects(failing(), { code: 'provider_timeout', message: 'Too slow.' })
  t.same(seen, ['so far'])
})

t.test('whatever a model is called, its name reaches the program as it is', t => {
  const to = { baseUrl: 'https://x.edu/v1', model: `it's "large" $HOME`, key: 'ln_x' }
  const script = `curl() { for last; do :; done; printf %s "$last"; }\n${snippetOf('curl', to)}`
  const body = JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' }))
  t.equal(body.model, to.model)
  const claude = snippetOf('claude', to).replace(
    /claude$/,
    'printf %s "$ANTHROPIC_MODEL $ANTHROPIC_BASE_URL"',
  )
  t.equal(execFileSync('sh', ['-c', claude], { encoding: 'utf8' }), `${to.model} https://x.edu`)
  t.match(snippetOf('python', to), JSON.stringify(to.model))
  t.match(snippetOf('node', to), 'baseURL: "https://x.edu/v1"')
  t.end()
})
