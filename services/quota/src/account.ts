import type { Balance } from '@lectern/shared/contracts/quota.ts'

/** A student's week: what tokens are granted to, held in and charged to. */
export interface Account {
  courseId: string
  studentId: string
  week: number
}

/** An account in numbers. */
export interface Amounts {
  granted: number
  settled: number
  held: number
}

/** The balance as it is told: granted = used + held + remaining. Remaining is negative where a correction took more than was left. */
export function toBalance(
  account: Account,
  { granted, settled, held }: Amounts,
  resetsAtMs: number,
): Balance {
  const { studentId, courseId, week } = account
  return {
    studentId,
    courseId,
    week,
    granted,
    used: settled,
    held,
    remaining: granted - settled - held,
    resetsAtMs,
  }
}
