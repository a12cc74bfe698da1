import type { EraseStudentCall, ListErasuresCall } from '@lectern/shared/contracts/conversations.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Erasures } from '../store/erasures.ts'

/** `conversations.erase`: deletes a student's texts, and answers the proof of it. */
export function eraseStudent(erasures: Erasures): Handler<typeof EraseStudentCall> {
  return asked => erasures.erase(asked)
}

/** `conversations.erasures`: the proofs so far. */
export function listErasures(erasures: Erasures): Handler<typeof ListErasuresCall> {
  return async ({ studentId }) => ({ items: await erasures.list(studentId) })
}
