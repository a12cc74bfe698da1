import {
  AddNoteCall,
  type ConversationSummary,
  FlagConversationCall,
  ListNotesCall,
  RemoveNoteCall,
} from '@lectern/shared/contracts/conversations.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import t from 'tap'
import { recordOf, startLogger, sumUp } from '../logger.ts'

const { publish, drained, pool, empty, list, search, get, asking } = await startLogger(t)
t.beforeEach(() => empty('logs.records', 'logs.flags', 'logs.notes'))
const flag = asking(FlagConversationCall)
const [addNote, listNotes, removeNote] = [asking(AddNoteCall), asking(ListNotesCall), asking(RemoveNoteCall)]
const START_MS = Date.UTC(2026, 10, 2, 8)
const store = async (records: ConversationRecord[]) => {
  await Promise.all(records.map(publish))
  await drained()
}
const idsOf = (page: { items: ConversationSummary[] }) => page.items.map(({ id }) => id)

t.test('a list and a search are filtered by model, rule, outcome and flag', async t => {
  const hit = (id: string) => ({ ruleHits: [{ id, kind: 'block' as const }] })
  await store([
    recordOf({ id: 'a', startedAtMs: START_MS, model: 'large', ...hit('r1') }),
    recordOf({ id: 'b', startedAtMs: START_MS + 1000, outcome: 'client_gone', ...hit('r2') }),
    recordOf({
      id: 'c',
      startedAtMs: START_MS + 2000,
      ruleHits: [...hit('r2').ruleHits, ...hit('r1').ruleHits],
    }),
    recordOf({ id: 'd', startedAtMs: START_MS + 3000, courseId: 'other', ruleHits: [] }),
  ])
  for (const id of ['a', 'd']) await flag({ id, flagged: true, actor: 'kim' })
  const cases: [object, string[]][] = [
    [{ model: 'large' }, ['a']],
    [{ ruleId: 'r1' }, ['c', 'a']],
    [{ ruleId: 'r1', courseId: 'cs101', model: 'small' }, ['c']],
    [{ ruleId: `r1"}]'; --` }, []],
    [{ outcome: 'client_gone' }, ['b']],
    [{ outcome: 'client_gone', courseId: 'cs101' }, ['b']],
    [{ week: 3, courseId: 'cs101' }, ['c', 'b', 'a']],
    [{ week: 3, model: 'large', courseId: 'cs101' }, ['a']],
    [{ week: 3, courseId: 'cs101', studentId: 'ada', from: '2026-11-02T08:00:01Z' }, ['c', 'b']],
    [{ week: 3, courseId: 'cs101', to: '2026-11-02T08:00:02Z' }, ['b', 'a']],
    [{ flagged: true }, ['d', 'a']],
    [{ flagged: true, courseId: 'cs101' }, ['a']],
    [{ flagged: true, courseId: 'cs101', week: 4 }, []],
    [{ flagged: false }, ['c', 'b']],
  ]
  const check = async (when: string) => {
    for (const [filter, ids] of cases) {
      const name = `${when}: ${JSON.stringify(filter)}`
      t.same(idsOf(await list({ limit: 10, ...filter })), ids, name)
      t.same(idsOf(await search({ q: 'monad', limit: 10, ...filter })), ids, `${name}, searched`)
    }
  }
  await check('from the records')
  await sumUp(pool)
  await check('with the sums')
  await pool.query(`UPDATE logs.use_progress SET stored_to = '2020-01-01'`)
  await check('without the sums')
  const first = await list({ flagged: true, limit: 1 })
  t.same(idsOf(await list({ flagged: true, limit: 1, cursor: first.next ?? '' })), ['a'])
})

t.test('a flag is set and cleared, twice as once, and shown', async t => {
  await store([recordOf({ id: 'one' })])
  for (const flagged of [true, true])
    t.same(await flag({ id: 'one', flagged, actor: 'kim' }), { id: 'one', flagged })
  t.match((await list({ limit: 1 })).items, [{ id: 'one', flagged: true, notes: 0 }])
  t.match(await get({ id: 'one' }), { flagged: true, notes: 0 })
  for (const flagged of [false, false])
    t.same(await flag({ id: 'one', flagged, actor: 'kim' }), { id: 'one', flagged })
  t.match(await get({ id: 'one' }), { flagged: false })
  for (const flagged of [true, false])
    await t.rejects(flag({ id: 'none', flagged, actor: 'kim' }), { code: 'not_found' })
})

t.test('notes are written once, listed in order, and removed by their author only', async t => {
  await store([recordOf({ id: 'one' }), recordOf({ id: 'two' })])
  const note = (noteId: string, id = 'one') => addNote({ noteId, id, text: `of ${noteId} 好`, actor: 'kim' })
  t.match(await note('n1'), { id: 'n1', conversationId: 'one', author: 'kim', text: 'of n1 好' })
  await note('n1')
  for (const id of ['n2', 'n3']) await note(id)
  await t.rejects(note('n1', 'two'), { code: 'not_found' }, 'the same id for another conversation')
  await t.rejects(note('n4', 'none'), { code: 'not_found' })
  const first = await listNotes({ id: 'one', limit: 2 })
  const rest = await listNotes({ id: 'one', limit: 2, cursor: first.next ?? '' })
  t.same(
    [...first.items, ...rest.items].map(({ id }) => id),
    ['n1', 'n2', 'n3'],
  )
  t.match(
    (await list({ limit: 2 })).items.find(({ id }) => id === 'one'),
    { notes: 3 },
  )
  await t.rejects(removeNote({ id: 'one', noteId: 'n1', actor: 'lee' }), { code: 'not_found' })
  await t.rejects(removeNote({ id: 'two', noteId: 'n1', actor: 'kim' }), { code: 'not_found' })
  t.match(await removeNote({ id: 'one', noteId: 'n1', actor: 'kim' }), { id: 'n1' })
  t.match(await get({ id: 'one' }), { notes: 2 })
})

t.test('a search goes on where an earlier one ended, through months without a match', async t => {
  const days = 86_400_000
  await store([
    recordOf({ id: 'old', startedAtMs: START_MS - 200 * days }),
    ...Array.from({ length: 30 }, (_, index) =>
      recordOf({
        id: `n${index}`,
        startedAtMs: START_MS - index * days,
        messages: [{ role: 'user', content: '别的问题' }],
        answers: [],
      }),
    ),
  ])
  for (const q of ['monad', 'mo', 'MONOID IN']) {
    const { items, next } = await search({ q, limit: 5, courseId: 'cs101' })
    t.same([items.map(({ id }) => id), next], [['old'], null], q)
  }
})
