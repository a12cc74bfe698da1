import { MODEL } from './campus.ts'

/** A chat request as bare HTTP, to see what a client library would hide. */
export function postChat(
  { url, key }: { url: string; key: string },
  text: string,
  more: object = {},
  options: RequestInit = {},
): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: MODEL,
      messages: [{ role: 'user', content: text }],
      stream: true,
      ...more,
    }),
    ...options,
  })
}

export interface TimedChunk {
  text: string
  atMs: number
}

/** The chunks of a body as the socket delivers them, each with its time; an early end is kept as `broken`. */
export async function readChunks(
  response: Response,
): Promise<{ chunks: TimedChunk[]; text: string; broken: boolean }> {
  const chunks: TimedChunk[] = []
  const decoder = new TextDecoder()
  let broken = false
  try {
    for await (const bytes of response.body ?? []) {
      chunks.push({ text: decoder.decode(bytes, { stream: true }), atMs: performance.now() })
    }
  } catch {
    broken = true
  }
  return { chunks, text: chunks.map(chunk => chunk.text).join(''), broken }
}

/** The data of all events in a stream's text. */
export function eventsOf(text: string): string[] {
  return text
    .split(/\r\n\r\n|\n\n|\r\r/)
    .flatMap(event =>
      event.split(/\r\n|\n|\r/).flatMap(line => (line.startsWith('data: ') ? [line.slice(6)] : [])),
    )
}

/** The answer's text in a stream's events. */
export function textOfEvents(events: readonly string[]): string {
  return events
    .filter(event => event !== '[DONE]')
    .map(event => JSON.parse(event).choices?.[0]?.delta?.content ?? '')
    .join('')
}
