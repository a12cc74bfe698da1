import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import { recordOf, startLogger, UNTOUCHED, until } from '../logger.ts'

const { publish, drained, storedIds, pool, get, courseOf } = await startLogger(t)
const deadLetters = async (count: number) =>
  until(`${count} dead letters`, async () => {
    const { rows } = await pool.query<{ body: Buffer; reason: string; consumer: string }>(
      'SELECT body, reason, consumer FROM logs.dead_letters ORDER BY id',
    )
    return rows.length === count && rows
  })

t.test('P3: a record is kept whole: what was published is what is read', async t => {
  const answer = {
    text: '',
    toolCalls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }],
    finishReason: null,
  }
  const full = recordOf({
    messages: [{ role: 'user', content: [{ type: 'text', text: '为什么？' }], name: 'ada' }],
    answers: [...recordOf().answers, answer],
    chargeTokens: 999_999_999_999,
  })
  const empty = recordOf({
    provider: null,
    providerModel: null,
    messages: [],
    parameters: {},
    answers: [],
    errorCode: 'provider_error',
    outcome: 'upstream_failed',
    firstTokenMs: null,
    promptVersionId: null,
    promptVersion: null,
    ruleHits: [],
    traceId: null,
  })
  for (const record of [full, empty]) {
    await publish(record)
    t.same(await until('the record', () => get({ id: record.id })), { ...record, ...UNTOUCHED })
  }
})

t.test('P3: a thousand records, each sent one to three times, are stored exactly once', async t => {
  const records = Array.from({ length: 1000 }, (_, index) =>
    recordOf({ courseId: 'thousand', startedAtMs: 1_790_000_000_000 + index }),
  )
  const sent = records
    .flatMap((record, index) => Array(1 + (index % 3)).fill(record))
    .toSorted(() => Math.random() - 0.5)
  await Promise.all(sent.map(publish))
  await drained()
  t.same(await storedIds('thousand'), records.map(({ id }) => id).sort())
})

t.test(
  'P11: one poison record in the middle of a batch is set aside with its reason, the rest is stored',
  async t => {
    const good = Array.from({ length: 30 }, () => recordOf({ courseId: 'poison' }))
    const poison: [string, RegExp][] = [
      ['{"v":1, broken', /JSON/],
      [JSON.stringify(recordOf({ week: 0 })), /week/],
      [JSON.stringify({ ...recordOf(), v: 2 }), /^v/],
      [JSON.stringify(recordOf({ startedAtMs: 9e15 })), /startedAtMs/],
      [JSON.stringify(recordOf({ startedAtMs: 8.6e15 })), /startedAtMs/],
      [`{"nested":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, /missing/],
    ]
    const nested = JSON.stringify(recordOf({ id: 'too-deep', messages: [] })).replace(
      '"messages":[]',
      `"messages":[${'['.repeat(200_000)}${']'.repeat(200_000)}]`,
    )
    poison.push([nested, /stack depth/])
    const bodies = good.map(record => JSON.stringify(record))
    bodies.splice(15, 0, ...poison.map(([body]) => body))
    await Promise.all(bodies.map(publish))
    await drained()
    t.same(await storedIds('poison'), good.map(({ id }) => id).sort())
    const letters = await deadLetters(poison.length)
    for (const [body, reason] of poison) {
      const letter = letters.find(letter => letter.body.toString() === body)
      t.match(letter, { consumer: 'logger-records', reason })
    }
  },
)

t.test('P3: a character that Postgres cannot store does not cost the record', async t => {
  const record = recordOf({
    messages: [{ role: 'user', content: 'nul \0, half \ud83d, and \\u0000 as text', 'key\0': 1 }],
    answers: [{ text: '\0answer', toolCalls: [], finishReason: 'stop' }],
    model: 'mo\0del',
  })
  await publish(record)
  t.match(await until('the record', () => get({ id: record.id })), {
    messages: [{ role: 'user', content: 'nul \ufffd, half \ufffd, and \\u0000 as text', 'key\ufffd': 1 }],
    answers: [{ text: '\ufffdanswer' }],
    model: 'mo\ufffddel',
  })
})

t.test('P3: records of a megabyte are stored, also many at once', async t => {
  const content = 'x"\\\n字'.repeat(100_000)
  const records = Array.from({ length: 12 }, (_, index) =>
    recordOf({ courseId: 'huge', messages: [{ role: 'user', content: `${index}${content}` }], answers: [] }),
  )
  t.ok(Buffer.byteLength(JSON.stringify(records[0])) > 1_000_000)
  await Promise.all(records.map(publish))
  await drained()
  t.equal((await storedIds('huge')).length, 12)
  const [first] = records
  t.same(first && (await get({ id: first.id })), { ...first, ...UNTOUCHED })
  t.same(await courseOf({ id: first?.id ?? '' }), { courseId: first?.courseId })
})

t.test('a record of any time is stored: its partition, or else the default one', async t => {
  const years = [1970, 2001, 2026, 2099].map(year =>
    recordOf({ courseId: 'years', startedAtMs: Date.UTC(year, 0, 1) }),
  )
  await Promise.all(years.map(publish))
  await drained()
  t.same(await storedIds('years'), years.map(({ id }) => id).sort())
  await t.rejects(get({ id: randomUUIDv7() }), { code: 'not_found' })
  await t.rejects(get({ id: 'with\0' }), { code: 'not_found' })
  for (const id of [randomUUIDv7(), 'with\0']) await t.rejects(courseOf({ id }), { code: 'not_found' })
})
