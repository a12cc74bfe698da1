import type { Account } from './account.ts'
import type { Bucket } from './store/keys.ts'

/** What Redis lacks to decide a request; `epoch`: the one under which it was missed. */
export type Need =
  | { what: 'epoch'; bucket: Bucket }
  | { what: 'key'; bucket: Bucket; epoch: string; keyHash: string }
  | { what: 'course'; bucket: Bucket; epoch: string; courseId: string }
  | { what: 'own_keys'; bucket: Bucket; epoch: string; studentId: string }
  | { what: 'account'; account: Account }

/** Two equal needs are one load. */
export function nameOfNeed(need: Need): string {
  return JSON.stringify(need)
}
