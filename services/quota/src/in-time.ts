import { LecternError } from '@lectern/shared/errors.ts'

/** Waits for work no longer than a caller can, and refuses then; the work itself goes on. */
export function inTime<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => {
      const cause = new Error(`${what} took longer than ${timeoutMs} ms`)
      reject(new LecternError('service_unavailable', { retryAfterMs: 1000, cause }))
    }
    // A plain timer: one with a signal would make an error for each that is given up, and that is every one.
    const timer = setTimeout(late, timeoutMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
