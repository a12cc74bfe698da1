/** Whoever answers in a scenario: what a user could put between a client and a provider. */
export interface Contender {
  name: string
  /** Of each of its gateways; up to, and without, `/chat/completions`. */
  baseUrls: string[]
  /** Lines of headers with `\r\n` behind each, one text for each user. */
  heads: string[]
  /** Its processes. Those of gateways have names that begin with `gateway`. */
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
