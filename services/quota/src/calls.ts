import * as budget from '@lectern/shared/contracts/budget.ts'
import type { Call, RequestOf } from '@lectern/shared/contracts/call.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import {
  ListProviderKeysCall,
  PutProviderKeyCall,
  RemoveProviderKeyCall,
} from '@lectern/shared/contracts/provider-keys.ts'
import {
  AuthenticateCall,
  OwnBalanceCall,
  ReleaseCall,
  ReserveCall,
} from '@lectern/shared/contracts/quota.ts'
import { WeekRefusalsCall } from '@lectern/shared/contracts/refusals.ts'
import * as roster from '@lectern/shared/contracts/roster.ts'
import { MintTrialKeyCall } from '@lectern/shared/contracts/trials.ts'
import type { Handler, Responder } from '@lectern/shared/nats/responder.ts'
import { refuseUnstorable } from '@lectern/shared/plain-text.ts'
import type { AccountOf, WeekOf } from './account-of.ts'
import type { ReadAmounts } from './amounts.ts'
import type { FollowUp } from './follow-up.ts'
import { addGrant } from './handlers/add-grant.ts'
import { addStudents } from './handlers/add-students.ts'
import { authenticate } from './handlers/authenticate.ts'
import { createCourse } from './handlers/create-course.ts'
import { createKey } from './handlers/create-key.ts'
import { dropStudent } from './handlers/drop-student.ts'
import { getCourse } from './handlers/get-course.ts'
import { getKey } from './handlers/get-key.ts'
import { getStudent } from './handlers/get-student.ts'
import { grantMany } from './handlers/grant-many.ts'
import { importStudents, planImport } from './handlers/import-students.ts'
import { listCourses } from './handlers/list-courses.ts'
import { listLedger } from './handlers/list-ledger.ts'
import { listProviderKeys } from './handlers/list-provider-keys.ts'
import { listStudents } from './handlers/list-students.ts'
import { mintTrialKey } from './handlers/mint-trial-key.ts'
import { ownBalance } from './handlers/own-balance.ts'
import { putProviderKey } from './handlers/put-provider-key.ts'
import { release } from './handlers/release.ts'
import { removeProviderKey } from './handlers/remove-provider-key.ts'
import { reserve } from './handlers/reserve.ts'
import { revokeKey } from './handlers/revoke-key.ts'
import { rotateKey } from './handlers/rotate-key.ts'
import { setJoinCode } from './handlers/set-join-code.ts'
import { studentBalance } from './handlers/student-balance.ts'
import { updateCourse } from './handlers/update-course.ts'
import { updateStudent } from './handlers/update-student.ts'
import { weekRefusals } from './handlers/week-refusals.ts'
import type { WithLoading } from './loader.ts'
import type { RefusalTally } from './refusal-tally.ts'
import type { Stores } from './store/stores.ts'
import type { SyncAccount } from './sync.ts'

/** What the handlers share. */
export interface Parts extends Stores {
  sync: SyncAccount
  withLoading: WithLoading
  readAmounts: ReadAmounts
  weekOf: WeekOf
  accountOf: AccountOf
  followUp: FollowUp
  tally: RefusalTally
  budgetWaitMs: number
}

/** What gateways ask: while a request runs, and for a student's own keys at providers. */
export function answerGateways(responder: Responder, parts: Parts): void {
  responder.on(ReserveCall, parts.tally.watch(reserve(parts)))
  responder.on(ReleaseCall, release(parts.reservations))
  responder.on(AuthenticateCall, authenticate(parts))
  responder.on(OwnBalanceCall, ownBalance(parts))
  responder.on(PutProviderKeyCall, putProviderKey(parts))
  responder.on(ListProviderKeysCall, listProviderKeys(parts))
  responder.on(RemoveProviderKeyCall, removeProviderKey(parts))
}

/** What staff ask through the console. */
export function answerStaff(responder: Responder, parts: Parts): void {
  const { courses, students, keys, statements } = parts
  const on = <C extends Call>(call: C, handler: Handler<C>) => {
    responder.on(call, async (request: RequestOf<C>) => {
      refuseUnstorable(request)
      return handler(request)
    })
  }
  on(staff.CreateCourseCall, createCourse(courses))
  on(staff.GetCourseCall, getCourse(courses))
  on(staff.ListCoursesCall, listCourses(courses))
  on(staff.UpdateCourseCall, updateCourse(parts))
  on(staff.AddStudentsCall, addStudents(parts))
  on(staff.GetStudentCall, getStudent(students))
  on(staff.ListStudentsCall, listStudents(parts))
  on(staff.DropStudentCall, dropStudent(parts))
  on(staff.CreateKeyCall, createKey(parts))
  on(staff.GetKeyCall, getKey(keys))
  on(staff.RotateKeyCall, rotateKey(parts))
  on(staff.RevokeKeyCall, revokeKey(parts))
  on(MintTrialKeyCall, mintTrialKey(parts))
  on(budget.GrantCall, addGrant(parts))
  on(budget.StudentBalanceCall, studentBalance(parts))
  on(budget.ListLedgerCall, listLedger(students, statements))
  on(WeekRefusalsCall, weekRefusals(parts.refusals))
  on(roster.SetJoinCodeCall, setJoinCode(courses))
  on(roster.UpdateStudentCall, updateStudent(parts))
  on(roster.PlanImportCall, planImport(parts.imports))
  on(roster.ImportStudentsCall, importStudents(parts))
  on(roster.GrantManyCall, grantMany(parts))
}
