import { isObject } from '@lectern/shared/message-text.ts'
import { toProblem } from '../../api/problem.ts'

/** The texts of a streamed answer, piece by piece. Throws a `Problem` where the answer ends in an error. */
export async function* answerTexts(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of textsOf(stream)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const piece = pieceOf(line)
      if (piece) yield piece
    }
  }
}

async function* textsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  // Safari's streams are no iterators.
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** The text in one line of the stream; nothing in most of those that say something else. */
function pieceOf(line: string): string {
  if (!line.startsWith('data:')) return ''
  const data = line.slice('data:'.length).trim()
  if (data === '[DONE]') return ''
  const event: unknown = JSON.parse(data)
  if (!isObject(event)) return ''
  if (isObject(event.error)) throw toProblem({ status: 502, headers: new Headers() }, event)
  const [choice]: unknown[] = Array.isArray(event.choices) ? event.choices : []
  const delta = isObject(choice) ? choice.delta : undefined
  return isObject(delta) && typeof delta.content === 'string' ? delta.content : ''
}
