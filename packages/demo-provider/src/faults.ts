import type { Control } from './control.ts'
import type { Directive } from './directive.ts'
import { type ApiError, errorForStatus } from './errors.ts'
import type { Exchange } from './exchange.ts'

/** How an API writes an error. */
export type WriteError = (error: ApiError) => object

/**
 * What a directive asks for before the first byte of an answer: waits, or goes wrong instead of it. Resolves with whether
 * there is still something to answer.
 */
export async function passFaults(
  exchange: Exchange,
  control: Control,
  { directive, writeError }: { directive: Directive; writeError: WriteError },
): Promise<boolean> {
  if (directive.hold) await control.hold(directive.hold, exchange.gone)
  await exchange.pause(directive.delay ?? 0)
  if (directive.reset) {
    exchange.reset()
    return false
  }
  if (directive.hang === 'headers') return exchange.hang()
  if (!directive.status) return true
  const retryAfter = directive['retry-after']
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  await exchange.json(directive.status, writeError(errorForStatus(directive.status)), headers)
  return false
}
