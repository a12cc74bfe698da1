import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { manualClock } from '@lectern/shared/clock.ts'
import * as budget from '@lectern/shared/contracts/budget.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Test } from '@lectern/shared/testing/servers.ts'
import { type Enrolled, type Fixture, until } from './fixture.ts'
import type { Hold, Model } from './model.ts'

/** The real thing beside the model: service, Redis, Postgres, clock, and a course of the history's own. */
export interface World {
  quota: Fixture
  clock: ReturnType<typeof manualClock>
  /** Of each student, with each of the keys that there have been. */
  students: Enrolled[][]
  redis: RedisFiles
  replicas: Replicas
}

/** Asks again, with the same ids, as a gateway would: a busy machine is no failure of the model. */
export function patient(quota: Fixture): Fixture {
  const ask: Fixture['ask'] = async (call, request) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await quota.ask(call, request)
      } catch (error) {
        if (!(error instanceof LecternError && error.code === 'service_unavailable') || tries === 10)
          throw error
      }
    }
  }
  return { ...quota, ask }
}

/** A student with the last key, or with another one. */
export function enrolled({ students }: Pick<World, 'students'>, student: number, key = -1): Enrolled {
  const found = students[student]?.at(key)
  if (!found) throw new Error('no such student or key')
  return found
}

export interface RedisFiles {
  copy(): Promise<void>
  /** Stops Redis, puts the copied file in the place of its own where there is one to put, and starts it. */
  restart(withCopy: boolean): Promise<void>
}

export interface Replicas {
  count(): number
  areReady(): Promise<boolean>
  add(): Promise<void>
  /** Stops the oldest one. */
  drop(): Promise<void>
}

export async function redisFiles(
  t: Test,
  { servers, redis }: Fixture,
  replicas: Replicas,
): Promise<RedisFiles> {
  const kept = await mkdtemp(join(tmpdir(), 'lectern-model-'))
  t.teardown(() => rm(kept, { recursive: true, force: true }))
  // A rewrite could run while the file is copied.
  const configure = () => redis.config('SET', 'auto-aof-rewrite-percentage', '0')
  await configure()
  const [, folder = ''] = (await redis.config('GET', 'dir')) as string[]
  const own = join(folder, 'appendonlydir')
  const copy = join(kept, 'appendonlydir')
  return {
    async copy() {
      await rm(copy, { recursive: true, force: true })
      await cp(own, copy, { recursive: true })
    },
    async restart(withCopy) {
      await servers.redis.stop()
      if (withCopy) {
        await rm(own, { recursive: true })
        await cp(copy, own, { recursive: true })
      }
      await servers.redis.start()
      await until(async () => redis.status === 'ready' && (await configure().then(Boolean, () => false)))
      await until(replicas.areReady)
    },
  }
}

export function replicasOf(quota: Fixture): Replicas {
  const running = [quota.service]
  const areReady = async () => {
    const checks = running.flatMap(replica => Object.values(replica.checks))
    return (await Promise.all(checks.map(check => check()))).every(Boolean)
  }
  return {
    count: () => running.length,
    areReady,
    async add() {
      running.push(await quota.startReplica())
      await until(areReady)
    },
    async drop() {
      await running.shift()?.stop()
    },
  }
}

// What was on its way to a replica that stopped is sent to another one after ten seconds.
const COMES_TO_REST_MS = 25_000

/** The service comes to the model's numbers in every week; no number breaks what is promised about all of them. */
export async function agree(model: Model, { quota, students }: World): Promise<void> {
  for (const student of students.keys()) {
    const { studentId } = enrolled({ students }, student)
    for (let week = 1; week <= model.week; week += 1) {
      const expected = model.amounts(student, week)
      let seen: Partial<typeof expected> = {}
      await until(async () => {
        seen = await quota.ask(budget.StudentBalanceCall, { studentId, week }).catch(() => ({}))
        return Object.entries(expected).every(([name, value]) => seen[name as keyof typeof seen] === value)
      }, COMES_TO_REST_MS).catch(async () => {
        const where = `student ${student}, week ${week}`
        const books = (await wrongEnds(model, quota, students)).join('; ')
        throw new Error(`${where}: ${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}. ${books}`)
      })
      check(seen as typeof expected, model.excuse(student, week))
    }
  }
}

function check({ granted, used, held, remaining }: ReturnType<Model['amounts']>, excuse: number): void {
  if (granted !== used + held + remaining) throw new Error('granted is not used + held + remaining')
  if (used < 0 || held < 0) throw new Error(`negative: used ${used}, held ${held}`)
  if (remaining < -excuse) throw new Error(`${remaining} remain, and only ${excuse} of that is excused`)
}

/** When nothing moves any more: every reservation has its one end in the ledger, whose sums are the balances. */
export async function agreeInBooks(model: Model, { quota, students }: World): Promise<void> {
  let wrong: string[] = []
  await until(async () => {
    wrong = await wrongEnds(model, quota, students)
    return wrong.length === 0
  }, COMES_TO_REST_MS).catch(() => {
    throw new Error(wrong.join('; '))
  })
  const ids = idsOf(students)
  const { rows } = await quota.pool.query<{ student_id: string; week: number; left: string }>(
    'SELECT student_id, week, sum(tokens) AS left FROM quota.ledger_entries WHERE student_id = ANY($1) GROUP BY 1, 2',
    [ids],
  )
  for (const { student_id, week, left } of rows) {
    const { granted, used } = model.amounts(ids.indexOf(student_id), week)
    if (Number(left) !== granted - used) throw new Error(`week ${week}: the ledger says ${left}`)
  }
}

async function wrongEnds({ holds }: Model, quota: Fixture, students: World['students']): Promise<string[]> {
  const ends = await endsOf(quota, idsOf(students))
  return holds.flatMap(hold => checkEnds(hold, ends.get(hold.id)))
}

const idsOf = (students: World['students']) =>
  students.map((_, student) => enrolled({ students }, student).studentId)

function checkEnds(
  { id, end, charge }: Hold,
  { kinds, charged }: Ends = { kinds: [], charged: 0 },
): string[] {
  const allowed = {
    none: [''],
    release: ['release'],
    expire: ['expire'],
    settle: ['settle', 'expire,settle'],
  }
  const found = kinds.toSorted().join()
  if (allowed[end].includes(found) && charged === charge) return []
  return [`${id}: ${end} ${charge} in the model, [${found}] ${charged} in the ledger`]
}

interface Ends {
  kinds: string[]
  charged: number
}

/** What the ledger has of each reservation. */
export async function endsOf({ pool }: Fixture, studentIds: string[]): Promise<Map<string, Ends>> {
  const { rows } = await pool.query<Ends & { id: string }>(
    `SELECT reservation_id AS id, array_agg(kind) AS kinds, -sum(tokens)::int AS charged FROM quota.ledger_entries
      WHERE student_id = ANY($1) AND reservation_id IS NOT NULL GROUP BY 1`,
    [studentIds],
  )
  return new Map(rows.map(({ id, kinds, charged }) => [id, { kinds, charged }]))
}
