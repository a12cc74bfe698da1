import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestServers } from '@lectern/shared/testing/servers.ts'
import { Redis } from 'ioredis'
import OpenAI from 'openai'
import t from 'tap'
import { query, run, structureOf, urlsOf } from '../infra/backup/test/scripts.ts'
import { signInWithKey } from './students-page.ts'
import { ask, MODEL, type Student, type System, startSystem, until } from './system.ts'

/** A day of a course, a backup at noon, and a database that is lost in the evening: what is there the next morning. */

const servers = await startTestServers(t, { nats: true, redis: { keep: true }, postgres: [] })
const urls = urlsOf(servers)
const folder = await mkdtemp(join(tmpdir(), 'lectern-backup-'))
// Two starts of the whole system.
t.setTimeout(120_000)
t.teardown(() => rm(folder, { recursive: true, force: true }))
const env = { ...urls, LECTERN_HOME: join(folder, 'home') }
const backups = join(folder, 'backups')

interface Answer {
  id: string
  student: string
  tokens: number
}

async function answer(system: System, { id: student, key }: Student, text: string): Promise<Answer> {
  const client = new OpenAI({ apiKey: key, baseURL: `${system.demo.gatewayUrl}/v1`, maxRetries: 0 })
  const { data, response } = await client.chat.completions
    .create({ model: MODEL, messages: ask(text, 'tokens=20') })
    .withResponse()
  return { id: response.headers.get('x-request-id') ?? '', student, tokens: data.usage?.total_tokens ?? 0 }
}
const answers = (system: System, students: Student[], text: string) =>
  Promise.all(students.map(student => answer(system, student, text)))

const charges = () =>
  query<Answer>(
    urls.DATABASE_URL,
    `SELECT reservation_id AS id, student_id AS student, -tokens::float8 AS tokens
       FROM quota.ledger_entries WHERE kind = 'settle'`,
  )
const kept = () =>
  query<Answer>(
    urls.DATABASE_URL,
    'SELECT id, student_id AS student, charge_tokens::float8 AS tokens FROM logs.records',
  )
const byId = (list: readonly Answer[]) => list.toSorted((a, b) => (a.id < b.id ? -1 : 1))
const inBooks = (count: number) =>
  until(
    async () => (await charges()).length === count && (await kept()).length === count,
    `${count} answers are charged and kept`,
  )
const grant = (system: System, { id }: Student, tokens: number) =>
  system.staff('POST', `/api/students/${id}/grants`, { week: 1, tokens, reason: 'test' })
const joinCode = async (system: System) =>
  (await system.staff<{ joinCode: string }>('POST', '/api/courses/demo/join-code')).joinCode
const statusOf = async ({ demo }: System, key: string) => {
  const response = await fetch(`${demo.gatewayUrl}/v1/quota`, { headers: { authorization: `Bearer ${key}` } })
  await response.body?.cancel()
  return response.status
}

async function namesInRedis(): Promise<number> {
  const redis = new Redis(urls.REDIS_URL)
  return redis.dbsize().finally(() => redis.disconnect())
}

t.test(
  'P1 P2 P3 P10: what was answered before and after a backup is there once when it was restored',
  async t => {
    const system = await startSystem(t, { env, course: { weeklyTokens: 10_000, requestsPerMinute: 1000 } })
    const [ada, alan, grace] = system.demo.students as [Student, Student, Student]
    const students = [ada, alan, grace]
    await grant(system, ada, 500)
    const email = 'helper@example.edu'
    const helper = await system.staff<{ id: string }>('POST', '/api/staff', { email, name: 'Helper' })
    await system.staff('PUT', `/api/courses/demo/staff/${helper.id}`, { role: 'owner' })
    const leaked = await joinCode(system)
    const chat = await signInWithKey(system.demo.consoleUrl, ada.key)
    const before = [...(await answers(system, students, 'one')), ...(await answers(system, students, 'two'))]
    await inBooks(before.length)

    const saved = await run('save.sh', [backups], urls)
    t.equal(saved.code, 0, saved.stderr)
    const [name = ''] = await readdir(backups)
    const file = join(backups, name)

    const after = await answers(system, students, 'three')
    await system.staff('PATCH', `/api/staff/${helper.id}`, { disabled: true })
    await system.staff('DELETE', `/api/courses/demo/staff/${helper.id}`)
    await grant(system, alan, 700)
    const code = await joinCode(system)
    await (await chat(MODEL, ask('in the chat', 'tokens=20'))).text()
    await until(async () => (await charges()).length > before.length + after.length, 'the chat is charged')
    const known = new Set([...before, ...after].map(({ id }) => id))
    after.push(...(await charges()).filter(({ id }) => !known.has(id)))
    const { keys } = await system.staff<{ keys: { id: string }[] }>('GET', `/api/students/${grace.id}`)
    const rotated = await system.staff<{ key: string }>('POST', `/api/keys/${keys[0]?.id}/rotate`)
    await system.staff('POST', '/api/courses/demo/prompts', { fromWeek: 1, toWeek: 1, text: 'Later.' })
    const [late] = (await system.enroll(['late'])) as [Student]
    after.push(await answer(system, { ...grace, key: rotated.key }, 'four'))
    const lateAnswer = await answer(system, late, 'five')
    await inBooks(before.length + after.length + 1)
    await system.staff('POST', `/api/students/${late.id}/erase`, { reason: 'test' })

    const running = await run('restore.sh', ['--yes', file], urls)
    t.equal(running.code, 1)
    t.match(running.stderr, /services of Lectern run on this bus/)
    await system.stop()
    const structure = await structureOf(urls.DATABASE_URL)

    const cut = join(folder, 'cut.dump')
    const whole = await readFile(file)
    await writeFile(cut, whole.subarray(0, -100))
    t.match(await run('restore.sh', ['--yes', cut], urls), { code: 1, stderr: /cannot be read to its end/ })
    t.match(
      await run('restore.sh', [file], urls),
      { code: 1, stderr: /nothing was changed/ },
      'nobody said yes',
    )
    t.equal((await charges()).length, before.length + after.length + 1, 'the refusals changed nothing')
    t.ok((await namesInRedis()) > 0)

    const audited = await query(urls.DATABASE_URL, 'SELECT id FROM logs.audit ORDER BY id')
    const restored = await run('restore.sh', ['--yes', file], urls)
    t.equal(restored.code, 0, restored.stderr)
    t.match(restored.stdout, 'gone: 1 students')
    t.match(restored.stdout, 'gone: 1 grants')
    t.match(restored.stdout, 'gone: 1 prompt versions')
    t.same(byId(await charges()), byId(before), 'the ledger is that of the backup')
    t.same(byId(await kept()), byId(before), 'the conversations, too')
    t.equal(await namesInRedis(), 0)
    t.not(code, leaked)
    t.match(
      await query(
        urls.DATABASE_URL,
        `SELECT join_code, (SELECT count(*)::int FROM quota.student_sessions) AS sessions,
                (SELECT count(*)::int FROM quota.api_keys WHERE student_id = $1) AS keys FROM quota.courses`,
        [ada.id],
      ),
      [{ join_code: code, sessions: 0, keys: 1 }],
      'P10: neither the old code nor the key of a session lets anybody in',
    )
    t.match(
      await query(
        urls.DATABASE_URL,
        `SELECT disabled, (SELECT count(*)::int FROM quota.staff_roles) AS roles, (SELECT count(*)::int FROM quota.staff_links) AS links
           FROM quota.staff`,
      ),
      [{ disabled: true, roles: 0, links: 0 }],
      'who was shut out since stays out',
    )
    t.same(
      await query(urls.DATABASE_URL, 'SELECT id FROM logs.audit ORDER BY id'),
      audited,
      'what staff did is not undone',
    )
    t.same(
      await query(urls.DATABASE_URL, 'SELECT student_id, records FROM logs.erasures'),
      [{ student_id: late.id, records: 1 }],
      'what was erased since will be erased again',
    )
    t.same(await structureOf(urls.DATABASE_URL), structure, 'rights, triggers and indexes are what they were')

    const again = await startSystem(t, { env })
    const [, since = ''] = /replay\.ts wait (\S+)/.exec(restored.stdout) ?? []
    const waited = await run('replay.ts', ['wait', since], urls)
    t.equal(waited.code, 0, waited.stderr)
    t.match(waited.stdout, `back: ${after.length + 1} conversations, ${after.length} charges`)

    t.same(byId(await charges()), byId([...before, ...after]), 'each answer is charged once')
    t.same(byId(await kept()), byId([...before, ...after, lateAnswer]), 'each answer is kept once')
    t.match(
      await query(urls.DATABASE_URL, 'SELECT consumer, headers FROM logs.dead_letters'),
      [{ consumer: 'quota-ledger', headers: { 'Lectern-Reservation': [lateAnswer.id] } }],
      'the charge of a student whom the backup does not know',
    )
    const grants = "SELECT student_id AS student, tokens::float8 FROM %.ledger_entries WHERE kind = 'grant'"
    t.same(await query(urls.DATABASE_URL, grants.replace('%', 'quota')), [{ student: ada.id, tokens: 500 }])
    const [, aside = ''] = /set aside: .*\b(quota_before_\w+)/.exec(restored.stdout) ?? []
    t.match(
      await query(urls.DATABASE_URL, `${grants.replace('%', aside)} ORDER BY id`),
      [{ student: ada.id }, { student: alan.id, tokens: 700 }],
      'the grant that is gone can be looked up',
    )

    t.equal(await statusOf(again, grace.key), 401, 'a key that was revoked since stays revoked')
    t.equal(await statusOf(again, late.key), 401)
    for (const { id, key } of [ada, alan, { ...grace, key: rotated.key }]) {
      const used = [...before, ...after]
        .filter(({ student }) => student === id)
        .reduce((sum, a) => sum + a.tokens, 0)
      const response = await fetch(`${again.demo.gatewayUrl}/v1/quota`, {
        headers: { authorization: `Bearer ${key}` },
      })
      const granted = 10_000 + (id === ada.id ? 500 : 0)
      t.match(await response.json(), { granted, used, held: 0, remaining: granted - used })
      t.match(await answer(again, { id, name: '', key }, 'six'), { student: id }, 'goes on at once')
    }
  },
)
