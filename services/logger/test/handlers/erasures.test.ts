import { createHash } from 'node:crypto'
import { AddNoteCall, EraseStudentCall, ListErasuresCall } from '@lectern/shared/contracts/conversations.ts'
import { createLog } from '@lectern/shared/log.ts'
import { createPool } from '@lectern/shared/postgres/pool.ts'
import t from 'tap'
import { createErasures } from '../../src/store/erasures.ts'
import { recordOf, startLogger } from '../logger.ts'

const { publish, drained, pool, servers, get, list, search, asking } = await startLogger(t)
const [erase, listErasures, addNote] = [
  asking(EraseStudentCall),
  asking(ListErasuresCall),
  asking(AddNoteCall),
]
const SECRET = 'my secret'
const of = (id: string, studentId: string, startedAtMs = Date.UTC(2026, 10, 2)) =>
  recordOf({
    ...{ id, studentId, startedAtMs, parameters: { input: SECRET } },
    messages: [{ role: 'user', content: SECRET }],
    answers: [{ text: SECRET, toolCalls: [], finishReason: 'stop' }],
  })
const asked = (studentId: string) => ({ studentId, reason: 'they asked for it', actor: 'kim' })
const everything = async () => {
  const tables = ['records', 'notes', 'dead_letters', 'erasures', 'flags']
  const texts = tables.map(table => pool.query(`SELECT t::text AS text FROM logs.${table} t`))
  return (await Promise.all(texts)).flatMap(({ rows }) => rows.map(({ text }) => text as string)).join('\n')
}

t.test('no text of the student is left in any table, and what the accounting needs is', async t => {
  await Promise.all([of('a2', 'ada', Date.UTC(2026, 10, 3)), of('a1', 'ada'), of('b1', 'bob')].map(publish))
  await drained()
  await addNote({ noteId: 'n1', id: 'a1', text: `they wrote ${SECRET}`, actor: 'kim' })
  await pool.query(
    `INSERT INTO logs.dead_letters VALUES ('d', 'logger-records', 's', '{"Lectern-Student":["ada"]}', convert_to($1, 'UTF8'), $1, '2026-11-02')`,
    [SECRET],
  )
  const proof = await erase(asked('ada'))
  t.match(proof, {
    ...{ student: 'ada', reason: 'they asked for it', actor: 'kim', records: 2 },
    from: '2026-11-02T00:00:00.000Z',
    to: '2026-11-03T00:00:00.000Z',
    digest: createHash('sha256').update('a1\na2').digest('hex'),
  })
  const left = await everything()
  t.equal(left.split('\n').filter(line => line.includes(SECRET)).length, 1, "bob's")
  t.notMatch(left, Buffer.from(SECRET).toString('hex'))
  t.match(await get({ id: 'a1' }), {
    messages: [],
    answers: [],
    parameters: {},
    chargeTokens: 21,
    erased: true,
    notes: 0,
  })
  t.match((await list({ limit: 5, studentId: 'ada' })).items, [
    { question: '', erased: true },
    { answer: '' },
  ])
  t.same(
    (await search({ q: SECRET, limit: 5 })).items.map(({ id }) => id),
    ['b1'],
  )
  t.match(await get({ id: 'b1' }), { erased: false, answers: [{ text: SECRET }] })
  t.match(await listErasures({ studentId: 'ada' }), { items: [proof] })
})

t.test('what is delivered again or late does not bring a text back; what is new is kept', async t => {
  await publish(of('a1', 'ada'))
  await publish(of('late', 'ada'))
  await publish(of('new', 'ada', Date.now() + 60_000))
  await drained()
  t.match(await get({ id: 'a1' }), { messages: [] }, 'the row is there: nothing is written')
  const erasures = createErasures(pool)
  t.equal(await erasures.eraseLate(0), 1)
  t.equal(await erasures.eraseLate(0), 0)
  t.match(await get({ id: 'late' }), { messages: [], erased: true, chargeTokens: 21 })
  t.match(await get({ id: 'new' }), { answers: [{ text: SECRET }], erased: false })
  t.match(await erase(asked('nobody')), { records: 0, from: null, to: null })
})

t.test('many records are erased in portions, and the role of the service has just this right', async t => {
  await pool.query(
    "INSERT INTO logs.records SELECT (jsonb_populate_record(r, jsonb_build_object('id', 'm' || n, 'student_id', 'many'))).* FROM logs.records r, generate_series(1, 2500) n WHERE r.id = 'b1'",
  )
  await pool.query(`CREATE ROLE eraser LOGIN PASSWORD 'test'; GRANT USAGE ON SCHEMA logs TO eraser;
    GRANT SELECT, INSERT ON logs.records, logs.erasures TO eraser; GRANT SELECT, DELETE ON logs.notes TO eraser;
    GRANT EXECUTE ON FUNCTION logs.erase_texts(text, timestamptz, integer) TO eraser`)
  const url = new URL(servers.databaseUrl)
  url.username = 'eraser'
  url.password = 'test'
  const own = createPool({ url: url.href, name: 'eraser', log: createLog('test', 'silent') })
  t.teardown(() => own.end())
  t.match(await createErasures(own).erase(asked('many')), { records: 2500 })
  const { rows } = await pool.query(
    `SELECT count(*)::integer AS left FROM logs.records WHERE student_id = 'many' AND search_text <> ''`,
  )
  t.same(rows, [{ left: 0 }])
  for (const statement of [
    `UPDATE logs.records SET answer = ''`,
    'DELETE FROM logs.erasures',
    `UPDATE logs.erasures SET reason = ''`,
  ])
    await t.rejects(own.query(statement), { code: '42501' }, statement)
})
