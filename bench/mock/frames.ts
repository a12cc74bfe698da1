/** Answers of the mock provider, written once: as chunks of HTTP, so that one costs a write and nothing else. */

/** When each chunk comes, in milliseconds after the beginning of the request. */
export type Chunks = readonly { atMs: number; bytes: Buffer }[]

export type Answer = { whole: Buffer } | { chunks: Chunks }

const CHUNKS = 40
const FIRST_TOKEN_MS = 200
const GAP_MS = 10
const IDLE_GAP_MS = 20_000
const IDLE_CHUNKS = 25
const USAGE = { prompt_tokens: 24, completion_tokens: CHUNKS, total_tokens: 24 + CHUNKS }
const TEXT = ' word'

const common = (object: string) => ({ id: 'chatcmpl-bench', object, created: 1_790_000_000, model: 'bench' })

function frame(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
  return `data: ${JSON.stringify({ ...common('chat.completion.chunk'), choices })}\n\n`
}

function chunk(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}

/** So many chunks of text; with the last of them usage and `[DONE]`, the token usage in the last frame before it. */
function stream(count: number, atMs: (index: number) => number): Answer {
  const usage = { ...common('chat.completion.chunk'), choices: [], usage: USAGE }
  const end = `${frame({}, 'stop')}data: ${JSON.stringify(usage)}\n\ndata: [DONE]\n\n`
  const texts = Array.from({ length: count }, (_, index) =>
    frame(index === 0 ? { role: 'assistant', content: TEXT } : { content: TEXT }),
  )
  const chunks = texts.map((text, index) => ({ atMs: atMs(index), bytes: chunk(text) }))
  return { chunks: [...chunks, { atMs: atMs(count - 1), bytes: chunk(end) }] }
}

function whole(): Answer {
  const message = { role: 'assistant', content: TEXT.repeat(CHUNKS), refusal: null }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
  return { whole: Buffer.from(JSON.stringify({ ...common('chat.completion'), choices, usage: USAGE })) }
}

/**
 * By the model's name: `bench-short` is not streamed; `bench-burst` writes 40 chunks at once, each by itself; `bench-paced`
 * the first after 200 ms and the others 10 ms apart; `bench-idle` says a word now and then for eight minutes.
 */
export const ANSWERS: Readonly<Record<string, Answer>> = {
  'bench-short': whole(),
  'bench-burst': stream(CHUNKS, () => 0),
  'bench-paced': stream(CHUNKS, index => FIRST_TOKEN_MS + index * GAP_MS),
  'bench-idle': stream(IDLE_CHUNKS, index => index * IDLE_GAP_MS),
}
