import { createLog } from '@lectern/shared/log.ts'
import { openPool } from '@lectern/shared/postgres/pool.ts'
import { withRequestId } from '@lectern/shared/request-id.ts'
import { inSpan, SpanKind } from '@lectern/shared/spans.ts'
import { startScraping } from '@lectern/shared/testing/metrics.ts'
import { collectSpans, type EndedSpan } from '@lectern/shared/testing/spans.ts'
import t from 'tap'
import { openDatabase } from '../src/store/database.ts'
import { bucketFor } from '../src/store/keys.ts'
import { startFixture, until } from './fixture.ts'

/** What operators see of the service: its spans and its numbers. */

const spans = collectSpans(t)
const { value } = await startScraping(t)
const quota = await startFixture(t)

const idOf = (span: EndedSpan | undefined) => span?.spanContext().spanId
const parentOf = (span: EndedSpan | undefined) => span?.parentSpanContext?.spanId

t.test(
  'P9: a reservation and its end are in the trace of their request, and nothing else begins one',
  async t => {
    const who = await quota.course()
    spans.clear()
    const reservationId = crypto.randomUUID()
    await inSpan('a request', { kind: SpanKind.SERVER, root: true }, async () => {
      await quota.reserve(who, { reservationId })
      await quota.record(who, { id: reservationId, charge: 42 })
    })
    await until(async () => spans.named('process quota-ledger').length > 0)
    const [request] = spans.named('a request')
    const [asked] = spans.named('request quota.reserve')
    const [handled] = spans.named('handle quota.reserve')
    const [reserved] = spans.named('redis reserve-1.lua').toReversed()
    const [received] = spans.named('receive quota-ledger')
    const [settled] = spans.named('redis settle-1.lua')
    t.equal(parentOf(asked), idOf(request))
    t.equal(parentOf(handled), idOf(asked))
    t.equal(parentOf(reserved), idOf(handled))
    t.equal(parentOf(received), idOf(request))
    t.equal(parentOf(settled), idOf(received))
    t.match(asked?.attributes, { 'lectern.reply': 'granted' })
    t.same(reserved?.attributes, {
      'db.system.name': 'redis',
      'db.operation.name': 'reserve-1.lua',
      'lectern.redis.bucket': bucketFor(who.courseId).slice(3, 5),
      'lectern.redis.reply': 'granted',
    })
    const [batch] = spans.named('process quota-ledger')
    t.same(
      batch?.links.map(link => link.context.spanId),
      [idOf(request)],
    )
    t.equal(parentOf(spans.named('redis confirm-1.lua')[0]), idOf(batch))
    const roots = spans
      .all()
      .filter(span => span.parentSpanContext === undefined)
      .map(span => span.name)
    t.same(roots.toSorted(), ['a request', 'process quota-ledger'], 'not the expirer, not the reconciler')
    const said = JSON.stringify(spans.all().map(span => [span.name, span.attributes]))
    for (const secret of [who.studentId, who.keyHash]) t.notMatch(said, secret)
  },
)

t.test('P9: a refusal is an answer, not a fault', async t => {
  const who = await quota.course({ weeklyTokens: 10 })
  spans.clear()
  await inSpan('a request', { kind: SpanKind.SERVER, root: true }, () =>
    quota.reserve(who, { lowerOutput: false }),
  )
  const [asked] = spans.named('request quota.reserve')
  t.match(asked?.attributes, { 'lectern.reply': 'insufficient_quota' })
  t.equal(asked?.status.code, 0)
})

t.test('P11: holds are counted while they are open, not while their end waits for the ledger', async t => {
  await until(async () => (await value('lectern_holds_open')) === 0)
  const who = await quota.course()
  const [one, two] = [crypto.randomUUID(), crypto.randomUUID()]
  await quota.reserve(who, { reservationId: one })
  await quota.reserve(who, { reservationId: two })
  t.equal(await value('lectern_holds_open'), 2)
  await quota.record(who, { id: one, charge: 1 })
  await until(async () => (await value('lectern_holds_open')) === 1)
  await quota.servers.postgres.stop()
  await quota.record(who, { id: two, end: 'release' })
  await until(async () => (await value('lectern_holds_open')) === 0)
  t.equal(await quota.redis.zcard(`${bucketFor(who.courseId)}:expiry`), 1, 'it waits')
  await quota.servers.postgres.start()
})

t.test('P2: tokens are counted once, with the entry that is new in the ledger', async t => {
  const who = await quota.course()
  const labels = { course: who.courseId, model: 'm' }
  const tokens = (type: string) => value('lectern_tokens_total', { ...labels, type })
  const settle = async (charge: number) => {
    const id = crypto.randomUUID()
    await quota.reserve(who, { reservationId: id })
    // The same record three times, as after a lost acknowledgement.
    for (let times = 0; times < 3; times++) await quota.record(who, { id, charge })
  }
  await settle(42)
  await settle(8)
  const released = crypto.randomUUID()
  await quota.reserve(who, { reservationId: released })
  await quota.record(who, { id: released, end: 'release' })
  await until(async () => (await quota.entries(who)).length === 4)
  await until(async () => (await value('lectern_consumer_lag', { consumer: 'quota-ledger' })) === 0)
  t.equal(await tokens('charged'), 50)
  t.equal(await tokens('input'), 2)
  t.equal(await tokens('output'), 4)
})

t.test(
  'P11: a slow question of Prisma is a line as well, with the request for which it was asked',
  async t => {
    const lines: object[] = []
    const log = createLog('test', 'info', { write: line => void lines.push(JSON.parse(line)) })
    const closing = new AsyncDisposableStack()
    t.teardown(() => closing.disposeAsync())
    const config = { DATABASE_URL: quota.servers.databaseUrl, SLOW_QUERY_MS: 50 }
    const database = openDatabase(openPool('test', { config, log, closing }), closing)
    await withRequestId(
      'r1',
      async () => await database.$queryRaw`SELECT pg_sleep(0.1)::text, ${'a value'}::text FROM quota.courses`,
    )
    await withRequestId('r2', () =>
      database.$transaction(async inside => {
        await inside.course.findMany({ where: { name: 'a value' } })
        await inside.$executeRaw`UPDATE quota.courses SET name = name || left(pg_sleep(0.1)::text, 0) WHERE id = (SELECT min(id) FROM quota.courses)`
      }),
    )
    t.match(lines, [
      { msg: 'postgres: slow query', statement: 'select quota.courses', requestId: 'r1', ms: Number },
      { msg: 'postgres: slow query', statement: 'update quota.courses', requestId: 'r2', ms: Number },
    ])
    t.notMatch(JSON.stringify(lines), 'a value')
  },
)
