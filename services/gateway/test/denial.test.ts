import { AFTER, BEFORE, stretchesOf } from '@lectern/shared/week.ts'
import t from 'tap'
import { Refused } from '../src/denial.ts'

const stretches = stretchesOf({ timezone: 'UTC', startsOn: '2026-11-23', weeks: 1, breaks: [] })

function messageOf(reason: 'insufficient_quota' | 'too_many_parallel_requests', week: number): string {
  const resetsAtMs = stretches.find(stretch => stretch.week === week)?.endsAtMs ?? null
  return new Refused({
    granted: false,
    reason,
    retryAfterMs: null,
    remaining: 12,
    resetsAtMs,
    rateLimits: null,
  }).message
}

t.test('P4: a refusal says what is left, and until when; nothing that need not come', async t => {
  const text = 'Your token budget of this week does not allow this request. 12 tokens are left.'
  t.equal(messageOf('insufficient_quota', BEFORE), `${text} The week ends at 2026-11-23 00:00 UTC.`)
  t.equal(messageOf('insufficient_quota', 1), `${text} The week ends at 2026-11-30 00:00 UTC.`)
  t.equal(messageOf('insufficient_quota', AFTER), text, 'what has no end')
  t.match(messageOf('too_many_parallel_requests', 1), /yours or those of your whole course/)
})
