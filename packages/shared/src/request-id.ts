import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * The id of the request for which something is done, wherever it is done: the gateway sets it, the bus carries it, and each
 * line of the log names it. It is also the id of the request's reservation and of its record.
 */
const running = new AsyncLocalStorage<string>()

/** Runs the work, and everything that it starts, for a request; without an id, as it is. */
export function withRequestId<T>(requestId: string | undefined, work: () => T): T {
  return requestId ? running.run(requestId, work) : work()
}

/** The request for which this runs, if it is for one. */
export function currentRequestId(): string | undefined {
  return running.getStore()
}
