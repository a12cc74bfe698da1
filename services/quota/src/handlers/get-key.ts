import type { GetKeyCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { ApiKeys } from '../store/api-keys.ts'
import { toKey } from '../student.ts'

/** `quota.keys.get` */
export function getKey(keys: ApiKeys): Handler<typeof GetKeyCall> {
  return async ({ keyId }) => {
    const row = await keys.find(keyId)
    return { key: toKey(row), studentId: row.studentId, courseId: row.student.courseId }
  }
}
