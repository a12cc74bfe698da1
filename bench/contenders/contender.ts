/** Whoever answers in a scenario: what a user could put between a client and a provider. */
export interface Contender {
  name: string
  /** Up to, and without, `/chat/completions`. */
  baseUrl: string
  /** Lines of headers with `\r\n` behind each, one text for each user. */
  heads: string[]
  /** Its processes; the first is the gateway itself. */
  pids: Record<string, number>
  /** Waits until all work of the past requests is done. */
  settled?(): Promise<void>
}

export interface Place {
  /** Of the mock provider, with `/v1`. */
  mockUrl: string
  /** A folder for logs and settings of this run. */
  dir: string
  closing: AsyncDisposableStack
  say(line: string): void
}
