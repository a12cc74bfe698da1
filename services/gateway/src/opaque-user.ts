import { createHmac, randomBytes } from 'node:crypto'

/** Gives each student a name that says nothing to a provider, and is always the same for the same student. */
export type OpaqueUser = (student: { courseId: string; studentId: string }) => string

/**
 * Keyed, because names of students can be guessed: without the secret nobody can try them. Unset, the bus's password
 * serves, which all gateways share and no provider knows; without that one, names last as long as this process.
 */
export function createOpaqueUser(secret: string | undefined, busUrl: string): OpaqueUser {
  const { password } = new URL(busUrl.split(',')[0] ?? busUrl)
  const key = createHmac('sha256', secret ?? (password || randomBytes(32)))
    .update('opaque user')
    .digest()
  return ({ courseId, studentId }) =>
    createHmac('sha256', key).update(`${courseId}/${studentId}`).digest('hex').slice(0, 32)
}
