import type { AnswerCaching } from '@lectern/shared/contracts/quota.ts'

/** What a course says of giving answers again, as its copy in Redis has it: `free 60`; empty: not at all. */
export function writeAnswerCaching({
  answerCache,
  answerCacheMinutes,
}: {
  answerCache: string
  answerCacheMinutes: number
}): string {
  return answerCache === 'off' ? '' : `${answerCache} ${answerCacheMinutes}`
}

/** The same, read again. */
export function toAnswerCaching(text: string): AnswerCaching {
  const [charge, minutes] = text.split(' ')
  return { charge: charge === 'charged' ? charge : 'free', minutes: Number(minutes) }
}
