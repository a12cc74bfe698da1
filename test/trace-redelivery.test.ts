import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import t from 'tap'
import { ask, MODEL, until } from './system.ts'
import { LEDGERED, outline, PUBLISHED, RECEIVED, startTraced } from './traced.ts'

// As in trace.test.ts: everything is done first, then the services stop, and the traces are read.

// A message that was not acknowledged comes again after ten seconds.
t.setTimeout(90_000)
const system = await startTraced(t)
const database = await system.database()
const { id: student = '' } = system.demo.students[0] ?? {}
const used = async () =>
  (await system.staff<{ used: number }>('GET', `/api/students/${student}/balance`)).used

async function chat(directive: string): Promise<string> {
  const { response } = await system
    .client()
    .chat.completions.create({ model: MODEL, messages: ask('Hello', directive) })
    .withResponse()
  return response.headers.get('x-request-id') ?? ''
}

/** Quota dies when it has ended the hold in Redis, and has not yet written the ledger. */
async function redeliver(): Promise<string> {
  const asking = chat('tokens=5 hold=answer')
  await until(async () => system.provider.control.held('answer') === 1, 'the provider was asked')
  await database.query('BEGIN; LOCK TABLE quota.ledger_entries IN ACCESS EXCLUSIVE MODE')
  system.provider.control.release('answer')
  const id = await asking
  const arrivals = () =>
    system.spans.filter(({ name, traceId }) => isArrival(name) && traceId === traceOf(id))
  await until(async () => arrivals().length === 1, 'the hold has ended and its span was sent')
  process.kill((await system.refresh()).pids.quota ?? 0, 'SIGKILL')
  await database.query('ROLLBACK')
  await until(async () => arrivals().length === 2, 'the message has come again', 30_000)
  await system.untilKept(id)
  return id
}
const isArrival = (name: string) => name === 'receive quota-ledger'
const traceOf = (id: string) => system.treesOf(id)[0]?.span.traceId

const retried = await chat('tokens=5 reset id=retry times=1')
await system.untilKept(retried)
const before = await used()
const redelivered = await redeliver()
const charged = (await used()) - before
const { rows } = await database.query(
  'SELECT kind, tokens FROM quota.ledger_entries WHERE reservation_id = $1',
  [redelivered],
)
await database.end()
await system.stop()

t.test(
  'P9, P2: a record that is delivered again is settled in the trace of its request, and charged once',
  async t => {
    const [root] = system.treesOf(redelivered)
    const tree = outline(system.treesOf(redelivered))
    t.equal(system.treesOf(redelivered).length, 1, 'one tree')
    t.same(tree.slice(tree.indexOf(PUBLISHED)), [PUBLISHED, ...RECEIVED, ...RECEIVED, ...LEDGERED])
    const replies = system
      .spansOf(redelivered, 'redis settle-1.lua')
      .map(({ attributes }) => attributes[ATTRIBUTE.scriptReply])
    t.equal(new Set(replies).size, 2, `the script knows it the second time: ${replies}`)
    t.ok(charged > 0)
    t.equal(root?.span.attributes[ATTRIBUTE.chargeTokens], charged)
    t.same(rows, [{ kind: 'settle', tokens: String(-charged) }])
  },
)

t.test('P9: a second try at the same provider is a span of its own', async t => {
  const tries = system.spansOf(retried, `chat ${MODEL}`)
  t.match(tries, [
    {
      status: 'error',
      attributes: {
        [ATTRIBUTE.attempt]: 1,
        [ATTRIBUTE.provider]: 'scripted',
        [ATTRIBUTE.errorType]: 'unreachable',
      },
    },
    { status: 'unset', attributes: { [ATTRIBUTE.attempt]: 2, [ATTRIBUTE.provider]: 'scripted' } },
  ])
  t.equal(tries.length, 2)
})
