import { randomUUIDv7 } from 'node:crypto'
import type { UpdateStudentCall } from '@lectern/shared/contracts/roster.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import { checkGroup } from '../settings.ts'
import type { RedisClock } from '../store/redis-clock.ts'
import type { Students } from '../store/students.ts'
import { toStudent } from '../student.ts'
import type { SyncAccount } from '../sync.ts'

/** `quota.students.update`: another group's allowance is in force at once, for the running week too. */
export function updateStudent({
  students,
  sync,
  clock,
  followUp,
}: {
  students: Students
  sync: SyncAccount
  clock: RedisClock
  followUp: FollowUp
}): Handler<typeof UpdateStudentCall> {
  return async ({ studentId, patch, actor }) => {
    if (patch.group) checkGroup(patch.group, 'group')
    const by = { actor, nowMs: clock.nowMs(), id: randomUUIDv7() }
    const { student, accounts } = await students.update(studentId, patch, by)
    await followUp('the allowance of a student', async () => {
      for (const account of accounts) await sync(account)
    })
    return toStudent(student)
  }
}
