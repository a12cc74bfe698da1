import { systemClock } from '@lectern/shared/clock.ts'
import { createLog } from '@lectern/shared/log.ts'
import { createPool, type Pool } from '@lectern/shared/postgres/pool.ts'
import { createSchemas, startTestServers } from '@lectern/shared/testing/servers.ts'
import pg from 'pg'
import { createConversations } from '../../../services/logger/src/store/conversations.ts'
import { openDatabase } from '../../../services/logger/src/store/database.ts'
import { createErasures } from '../../../services/logger/src/store/erasures.ts'
import { createRemoveExpired } from '../../../services/logger/src/store/expired.ts'
import { createThreads } from '../../../services/logger/src/store/threads.ts'
import { createUse } from '../../../services/logger/src/store/use.ts'
import { addToSums } from '../../../services/logger/src/store/use-sums.ts'
import { BIG_COURSE, CHINESE, DAYS, seedConversations, WORDS } from './seed.ts'

/** Whether staff wait when five million conversations are kept: each kind of page, search and sum, asked as the console asks. */

const RECORDS = 5_000_000
const QUICK = 100_000
const SEED_DEADLINE_MS = 2_400_000
const ROUNDS = 5
const PAGE = 50
const migrations = new URL('../../../services/logger/prisma/migrations', import.meta.url)

type Task = () => Promise<{ items: unknown[]; next?: string | null } | unknown>

/** `DATABASE_URL`, where it is set, is a database that an earlier run has filled. */
export async function conversations(args: string[], say: (line: string) => void): Promise<string> {
  await using closing = new AsyncDisposableStack()
  const url =
    process.env.DATABASE_URL ?? (await fill(args.includes('--small') ? QUICK : RECORDS, closing, say))
  const pool = createPool({ url, name: 'bench', log: createLog('bench', 'silent') })
  closing.defer(() => pool.end())
  const { rows } = await pool.query<{ records: number; bytes: string }>(
    'SELECT count(*)::integer AS records, pg_size_pretty(pg_database_size(current_database())) AS bytes FROM logs.records',
  )
  const sums = await sumUp(pool, say)
  const lines = [
    `| ${rows[0]?.records.toLocaleString('en')} conversations, ${rows[0]?.bytes} | first | median of ${ROUNDS} | found |`,
    '|---|---:|---:|---:|',
  ]
  for (const [name, task] of Object.entries(tasksOf(pool))) {
    const line = await measure(name, task)
    say(line)
    lines.push(line)
  }
  return [...lines, '', sums, ...(await measureChanges(pool)), ''].join('\n')
}

async function fill(
  records: number,
  closing: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<string> {
  const { databaseUrl } = await startTestServers(
    { teardown: work => closing.defer(async () => void (await work())) },
    { postgres: [] },
  )
  await createSchemas(databaseUrl, [{ schema: 'logs', migrations }])
  const client = new pg.Client(databaseUrl)
  await client.connect()
  await seedConversations(client, { records }, SEED_DEADLINE_MS, say)
  await client.query(`UPDATE logs.use_progress SET stored_to = '1970-01-01'`)
  await client.end()
  return databaseUrl
}

async function sumUp(pool: Pool, say: (line: string) => void): Promise<string> {
  const began = performance.now()
  let records = 0
  for (let some = 1; some > 0; records += some) some = await addToSums(pool)
  const seconds = (performance.now() - began) / 1000
  const line = `Sums of all of them from nothing: ${records.toLocaleString('en')} in ${seconds.toFixed(0)} s (${Math.round(records / seconds).toLocaleString('en')} a second).`
  say(line)
  return line
}

function tasksOf(pool: Pool): Record<string, Task> {
  const db = openDatabase(pool)
  const kept = createConversations(db, pool, systemClock)
  const [threads, use] = [createThreads(db), createUse(pool)]
  const big = { courseId: BIG_COURSE, limit: PAGE }
  const middle = new Date(Date.now() - (DAYS / 2) * 86_400_000).toISOString()
  const list = (filter: object) => () => kept.list({ ...big, ...filter })
  const search =
    (text: string, filter: object = big) =>
    () =>
      kept.search(text, { limit: PAGE, ...filter })
  const student = 'student-0-31'
  return {
    'list: everything': () => kept.list({ limit: PAGE }),
    'list: a course': list({}),
    'list: a course, half-way back': list({ to: middle }),
    'list: a student': list({ studentId: student }),
    'list: the first week': list({ week: 1 }),
    'list: a model that 1 of 5,000 used': list({ model: 'rare-model' }),
    'list: a rule that hit 1 of 20': list({ courseId: 'course-5', ruleId: 'rule-common' }),
    'list: a rule that hit 1 of 10,000': list({ courseId: 'course-5', ruleId: 'rule-rare' }),
    'list: outcome of 1 of 4,000': list({ outcome: 'blocked' }),
    'list: flagged': list({ flagged: true }),
    'list: flagged, first week': list({ flagged: true, week: 1 }),
    'search: a word of every second, one course': search(WORDS.frequent),
    'search: of 1 of 1,000, one course': search(WORDS.seldom),
    'search: of 1 of 100,000, one course': search(WORDS.rare),
    'search: of nobody, one course': search('quaternion'),
    'search: of 1 of 100,000, all courses': search(WORDS.rare, {}),
    'search: of nobody, all courses': search('quaternion', {}),
    'search: of nobody, one student': search('quaternion', { studentId: student }),
    'search: 2 Chinese characters of every fifth': search(CHINESE.frequent),
    'search: 3 Chinese characters of 1 of 1,000': search(CHINESE.seldom),
    'search: 2 Chinese characters of 1 of 100,000': search(CHINESE.rare),
    'search: 2 characters of nobody': search('鑫鑫'),
    thread: async () => ({
      items: [
        await threads((await kept.list({ ...big, studentId: student, to: middle })).items[0]?.id ?? ''),
      ],
    }),
    'use: a week': async () => ({ items: (await use.week(BIG_COURSE, 8)).quarters }),
    'use: all weeks': async () => ({ items: (await use.weeks(BIG_COURSE, null)).weeks }),
    'use: top questions of a week': () => use.questions(BIG_COURSE, 8, 20),
  }
}

async function measure(name: string, task: Task): Promise<string> {
  const times: number[] = []
  let found = ''
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now()
    const { items, next } = (await task()) as { items: unknown[]; next?: string | null }
    times.push(performance.now() - began)
    found = `${items.length}${next ? ' +' : ''}`
  }
  const [first = 0] = times
  const median = times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
  return `| ${name} | ${first.toFixed(0)} ms | ${median.toFixed(0)} ms | ${found} |`
}

/** What changes many records at once. */
async function measureChanges(pool: Pool): Promise<string[]> {
  let began = performance.now()
  const { records } = await createErasures(pool).erase({
    studentId: 'student-0-62',
    reason: 'bench',
    actor: 'bench',
  })
  const erasedMs = performance.now() - began
  began = performance.now()
  const removed = await createRemoveExpired(pool)('course-1', Date.now() - (DAYS - 3) * 86_400_000, 500)
  return [
    `Erasing a student of ${records.toLocaleString('en')} conversations: ${(erasedMs / 1000).toFixed(1)} s.`,
    `Removing ${removed} expired conversations: ${(performance.now() - began).toFixed(0)} ms.`,
  ]
}
