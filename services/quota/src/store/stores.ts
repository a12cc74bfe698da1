import { openPool, type Pool } from '@lectern/shared/postgres/pool.ts'
import { connectRedis, type Redis } from '@lectern/shared/redis/connect.ts'
import type { ServiceContext } from '@lectern/shared/run.ts'
import type { Config } from '../config.ts'
import { type Accounts, createAccounts } from './accounts.ts'
import { type ApiKeys, createApiKeys } from './api-keys.ts'
import { type BulkGrants, createBulkGrants } from './bulk-grants.ts'
import { type Courses, createCourses } from './courses.ts'
import { type Database, openDatabase } from './database.ts'
import { createJoins, type Joins } from './joins.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createPolicies, type Policies } from './policies.ts'
import { createProviderKeys, type ProviderKeys } from './provider-keys.ts'
import { type RedisClock, startRedisClock } from './redis-clock.ts'
import { createRefusals, type Refusals } from './refusals.ts'
import { createReservations, type Reservations } from './reservations.ts'
import { createRosterImports, type RosterImports } from './roster-imports.ts'
import { createStaffMembers, type StaffMembers } from './staff.ts'
import { createStaffAccess, type StaffAccess } from './staff-access.ts'
import { createStaffSessions, type StaffSessions } from './staff-sessions.ts'
import { createStaffTries, type StaffTries } from './staff-tries.ts'
import { createStatements, type Statements } from './statements.ts'
import { createStudentSessions, type StudentSessions } from './student-sessions.ts'
import { createStudents, type Students } from './students.ts'
import { createTrials, type Trials } from './trials.ts'
import { createTries, type Tries } from './tries.ts'
import { createUseByDay, type UseByDay } from './use-by-day.ts'

/** Everything that the service keeps. */
export interface Stores {
  redis: Redis
  clock: RedisClock
  /** In Redis. */
  reservations: Reservations
  accounts: Accounts
  policies: Policies
  /** In Postgres. */
  pool: Pool
  ledger: Ledger
  statements: Statements
  courses: Courses
  students: Students
  imports: RosterImports
  bulkGrants: BulkGrants
  keys: ApiKeys
  providerKeys: ProviderKeys
  staff: StaffStores
  joins: Joins
  studentSessions: StudentSessions
  trials: Trials
  useByDay: UseByDay
  refusals: Refusals
}

/** Who the staff are and who of them is signed in. */
export interface StaffStores {
  members: StaffMembers
  access: StaffAccess
  sessions: StaffSessions
  tries: StaffTries
}

/** Opens Redis and Postgres. Waits for neither: while one is away, what needs it is answered with 503. */
export function openStores(context: ServiceContext<Config>): Stores {
  const { name, config, log, clock: ownClock, closing } = context
  const pool = openPool(name, context)
  const database = openDatabase(pool, closing)
  const tries = createTries(database)

  const commandTimeoutMs = config.REDIS_COMMAND_TIMEOUT_MS
  const redis = connectRedis({ url: config.REDIS_URL, name, log, commandTimeoutMs })
  closing.defer(() => redis.disconnect())
  const clock = startRedisClock({ redis, clock: ownClock, commandTimeoutMs, closing })
  // A failure is logged by the connection, which goes on trying.
  redis.connect().catch(() => undefined)

  return {
    redis,
    clock,
    reservations: createReservations({ redis, clock, minimumOutputTokens: config.MINIMUM_OUTPUT_TOKENS }),
    accounts: createAccounts(redis, clock),
    policies: createPolicies(redis, clock),
    pool,
    ledger: createLedger(pool),
    statements: createStatements(database),
    courses: createCourses(database),
    students: createStudents(database),
    imports: createRosterImports(database),
    bulkGrants: createBulkGrants(database),
    keys: createApiKeys(database),
    providerKeys: createProviderKeys(database),
    staff: openStaffStores(database, config, tries),
    joins: createJoins(database, tries),
    studentSessions: createStudentSessions(database, tries),
    trials: createTrials(database),
    useByDay: createUseByDay(pool),
    refusals: createRefusals(pool),
  }
}

function openStaffStores(database: Database, config: Config, tries: Tries): StaffStores {
  const limits = { idleMs: config.STAFF_SESSION_IDLE_MS, longestMs: config.STAFF_SESSION_LONGEST_MS }
  return {
    members: createStaffMembers(database),
    access: createStaffAccess(database, limits),
    sessions: createStaffSessions(database, limits),
    tries: createStaffTries(tries),
  }
}
