import t from 'tap'
import { startPrompts } from '../prompts.ts'

// A TTL beyond the test's end: what is seen in time was seen because of the broadcast.
const { publish, resolve, listPrompts, servers } = await startPrompts(t, {
  replicas: 2,
  env: { CACHE_TTL_MS: '3600000' },
})
const inForce = async (courseId: string, week: number) =>
  (await resolve({ courseId, week })).prompt?.version ?? null

t.test('versions count from 1 within each course, and are answered as they were published', async t => {
  const first = await publish({ courseId: 'count', fromWeek: 1, toWeek: 2, text: 'Be kind. 请用中文。' })
  t.match(first, { courseId: 'count', version: 1, fromWeek: 1, toWeek: 2, text: 'Be kind. 请用中文。' })
  t.match(first.id, /^[0-9a-f-]{36}$/)
  t.equal((await publish({ courseId: 'count', fromWeek: 1, toWeek: 2, text: 'b' })).version, 2)
  t.equal((await publish({ courseId: 'other', fromWeek: 1, toWeek: 2, text: 'c' })).version, 1)
  const { items, next } = await listPrompts({ courseId: 'count', limit: 50 })
  t.same(
    items.map(({ version, text }) => [version, text]),
    [
      [2, 'b'],
      [1, 'Be kind. 请用中文。'],
    ],
  )
  t.equal(next, null)
})

t.test('fifty publications at once on two replicas count to fifty without gap or repeat', async t => {
  const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`)
  const published = await Promise.all(
    texts.map(text => publish({ courseId: 'race', fromWeek: 1, toWeek: 1, text })),
  )
  t.same(
    published.map(({ version }) => version).sort((a, b) => a - b),
    texts.map((_, index) => index + 1),
  )
  const newest = published.find(({ version }) => version === 50)
  t.match(await resolve({ courseId: 'race', week: 1 }), { prompt: { id: newest?.id, text: newest?.text } })
})

t.test('P6: a publication is seen by every replica in under a second', async t => {
  const ask = () => Promise.all(Array.from({ length: 40 }, () => inForce('fast', 3)))
  t.same(new Set(await ask()), new Set([null]), 'both replicas remember that there is none')
  for (let version = 1; version <= 20; version++) {
    await publish({ courseId: 'fast', fromWeek: 3, toWeek: 3, text: `${version}` })
    const publishedAt = performance.now()
    let seen = new Set(await ask())
    while (seen.size !== 1 || !seen.has(version)) {
      if (performance.now() - publishedAt > 1000) throw new Error(`still answered: ${[...seen]}`)
      seen = new Set(await ask())
    }
  }
})

t.test('P6: a resolve that read before the publication does not hide it', async t => {
  const pg = await import('pg')
  const client = new pg.default.Client({ connectionString: servers.databaseUrl })
  await client.connect()
  t.teardown(() => client.end())
  await publish({ courseId: 'slow', fromWeek: 1, toWeek: 1, text: 'old' })
  // Whoever reads the course now gets its versions, and then waits for its rules.
  await client.query('BEGIN; LOCK TABLE prompts.rules IN ACCESS EXCLUSIVE MODE')
  const asked = Array.from({ length: 20 }, () => inForce('slow', 1))
  const waiting = `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'prompts.rules'::regclass`
  const giveUpAt = performance.now() + 3000
  while ((await client.query<{ n: number }>(waiting)).rows[0]?.n !== 2) {
    if (performance.now() > giveUpAt) throw new Error('the replicas do not wait for the lock')
  }
  await publish({ courseId: 'slow', fromWeek: 1, toWeek: 1, text: 'new' })
  await client.query('COMMIT')
  t.same(new Set(await Promise.all(asked)), new Set([2]))
  t.same(new Set(await Promise.all(asked.map(() => inForce('slow', 1)))), new Set([2]))
})

t.test('P6: a narrower range wins over a newer one', async t => {
  await publish({ courseId: 'term', fromWeek: 3, toWeek: 3, text: 'week three' })
  await publish({ courseId: 'term', fromWeek: 1, toWeek: 15, text: 'the term' })
  t.equal(await inForce('term', 2), 2)
  t.equal(await inForce('term', 3), 1)
  t.equal(await inForce('term', 16), null)
})

t.test('a backward range and text that cannot be stored are refused, and change nothing', async t => {
  const publishing = (change: object) =>
    publish({ courseId: 'refused', fromWeek: 1, toWeek: 2, text: 'a', ...change })
  await t.rejects(publishing({ fromWeek: 3 }), { code: 'invalid_request', param: 'toWeek' })
  await t.rejects(publishing({ text: 'a\0b' }), { code: 'invalid_request', param: 'text' })
  await t.rejects(publishing({ text: 'half \ud83d' }), { code: 'invalid_request', param: 'text' })
  await t.rejects(publishing({ text: '' }), { code: 'invalid_request', param: 'text' })
  await t.rejects(publishing({ toWeek: 2000 }), { code: 'invalid_request', param: 'toWeek' })
  t.same(await listPrompts({ courseId: 'refused', limit: 10 }), { items: [], next: null })
})

t.test('versions are listed page by page, newest first, also when they are long', async t => {
  for (let version = 1; version <= 7; version++) {
    await publish({ courseId: 'pages', fromWeek: 1, toWeek: 1, text: '长'.repeat(60_000) })
  }
  const versions: number[] = []
  let cursor: string | undefined
  do {
    const page = await listPrompts({ courseId: 'pages', limit: 5, ...(cursor ? { cursor } : {}) })
    t.ok(page.items.length <= 2, 'no more than fit into one message')
    versions.push(...page.items.map(({ version }) => version))
    cursor = page.next ?? undefined
  } while (cursor)
  t.same(versions, [7, 6, 5, 4, 3, 2, 1])
  await t.rejects(listPrompts({ courseId: 'pages', limit: 5, cursor: 'x' }), {
    code: 'invalid_request',
    param: 'cursor',
  })
})
