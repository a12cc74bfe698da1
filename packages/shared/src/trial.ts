/**
 * Staff try the draft of a prompt on an account of their own in the course, which is none of the roster. Its id says so wherever
 * it stands: in a reservation, a record, the sums of use. No student can have such an id.
 */

/** A regular expression, for JavaScript and for Postgres alike. */
export const TRIAL_ACCOUNT = '^trial[.][0-9a-f]{64}$'

const pattern = new RegExp(TRIAL_ACCOUNT)

/** Whether an account is one of the staff, for trials. */
export function isTrialAccount(studentId: string): boolean {
  return pattern.test(studentId)
}
