import type { RotateKeyCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import type { ApiKeys } from '../store/api-keys.ts'
import type { Policies } from '../store/policies.ts'
import { toKey } from '../student.ts'

/** `quota.keys.rotate`: answers the new key. */
export function rotateKey({
  keys,
  policies,
  followUp,
}: {
  keys: ApiKeys
  policies: Policies
  followUp: FollowUp
}): Handler<typeof RotateKeyCall> {
  return async ({ keyId, key }) => {
    const { ended, begun } = await keys.rotate(keyId, key)
    const { courseId } = begun.student
    await followUp('a rotated key', async () => {
      await policies.endKeys(ended)
      await policies.putKey({ hash: begun.hash, state: 'owner', studentId: begun.studentId, courseId }, null)
    })
    return toKey(begun)
  }
}
