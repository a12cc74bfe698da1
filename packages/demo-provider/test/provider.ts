import { setTimeout as wait } from 'node:timers/promises'
import OpenAI from 'openai'
import type { Test } from 'tap'
import type { DemoOptions } from '../src/config.ts'
import { type DemoProvider, startDemoProvider } from '../src/server.ts'

/** A provider for one test, as fast as it can be, and ways to ask it. */
export async function provide(t: Test, options: Partial<DemoOptions> = {}) {
  const provider = await startDemoProvider({ port: 0, firstTokenMs: 0, chunkMs: 0, ...options })
  t.teardown(() => provider.close())
  const client = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'sk-test', maxRetries: 0 })
  return { ...provider, client, ask: asker(provider), send: sender(provider) }
}

/** Sends JSON to any path. */
function sender({ url }: DemoProvider) {
  return (method: string, path: string, body?: unknown, init: RequestInit = {}) =>
    fetch(url + path, { ...init, method, body: body === undefined ? undefined : JSON.stringify(body) })
}

/** Asks one question; the stream is on unless said otherwise. */
function asker(provider: DemoProvider) {
  const send = sender(provider)
  return (content: string, fields: object = {}, init: RequestInit = {}) => {
    const body = { model: 'demo-small', stream: true, messages: [{ role: 'user', content }], ...fields }
    return send('POST', '/v1/chat/completions', body, init)
  }
}

/** The body of an answer, as what the test expects it to be. */
export async function jsonOf<T>(response: Response): Promise<T> {
  return (await response.json()) as T
}

/** The data of each event of a finished stream. */
export function eventsOf(stream: string): string[] {
  return stream
    .split(/\r?\n\r?\n/)
    .filter(Boolean)
    .map(event => event.replace(/^data: /, ''))
}

/** The text of a finished stream. */
export function textOfStream(stream: string): string {
  const frames = eventsOf(stream).filter(event => event !== '[DONE]')
  return frames.map(frame => JSON.parse(frame).choices[0]?.delta.content ?? '').join('')
}

/** Waits for something that no event tells; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(2)
}
