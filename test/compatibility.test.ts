import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import { validator } from '@lectern/shared/schema.ts'
import t from 'tap'
import { completionRecorded } from '../services/logger/src/handlers/completion-recorded.ts'
import type { RecordRow } from '../services/logger/src/record-row.ts'
import { parseEnd } from '../services/quota/src/end.ts'
import { breaksIn } from './compatibility/migrations.ts'

/**
 * What outlives a version: records, which wait for days in the stream and in spools, and the database, on which processes of
 * two versions work while an installation is rolled. (How they ask each other: packages/shared/test/contracts.)
 */

interface Published {
  headers: Record<string, string>
  body: ConversationRecord
}

/** As the first version published it. Never edited: it may still be waiting somewhere. */
const FIRST: Published = JSON.parse(
  readFileSync(new URL('compatibility/first-record.json', import.meta.url), 'utf8'),
)
const END = {
  reservationId: FIRST.body.id,
  kind: 'settle',
  courseId: 'demo',
  studentId: 'ada',
  week: 3,
  chargeTokens: 57,
  model: 'lectern-demo',
  inputTokens: 40,
  outputTokens: 17,
}

const readByQuota = ({ headers }: Published) => parseEnd({ get: name => headers[name] ?? '' })
async function readByLogger({ body }: Published): Promise<RecordRow | undefined> {
  const rows: RecordRow[] = []
  const keep = completionRecorded(async batch => {
    rows.push(...batch)
  })
  await keep([{ json: () => body }] as unknown as Parameters<typeof keep>[0])
  return rows[0]
}

t.test('P2 P3: a record of the first version is charged and kept', async t => {
  t.same(readByQuota(FIRST), END)
  const row = await readByLogger(FIRST)
  t.match(row, { id: FIRST.body.id, student_id: 'ada', charge_tokens: 57, question: 'What is a monad?' })
  t.same(row?.messages, FIRST.body.messages)
})

t.test('P2 P3: a record that a newer version has added to is charged and kept as before', async t => {
  const added = { addedByANewerVersion: { with: ['anything'] } }
  const { usage, answers, ruleHits } = FIRST.body
  const newer = {
    headers: { ...FIRST.headers, 'Lectern-Added': 'by a newer version' },
    body: {
      ...{ ...FIRST.body, ...added, usage: { ...usage, ...added } },
      answers: answers.map(answer => ({ ...answer, ...added })),
      ruleHits: ruleHits.map(hit => ({ ...hit, ...added })),
    },
  }
  t.same(readByQuota(newer), END)
  t.match(await readByLogger(newer), { id: FIRST.body.id, charge_tokens: 57 })
})

t.test('P2 P3: whoever reads the first version finds all of it in a record of this one', async t => {
  t.doesNotThrow(() => validator(ConversationRecord)(FIRST.body))
  const required: readonly string[] = ConversationRecord.required
  t.same(
    Object.keys(FIRST.body).filter(name => !required.includes(name)),
    [],
  )
  const names: string[] = Object.values(HEADER)
  t.same(
    Object.keys(FIRST.headers).filter(name => !names.includes(name)),
    [],
  )
})

/** Before there was a version that could have run beside it. */
const BEFORE_THE_FIRST_VERSION = ['20261125000000_one_end']

t.test('a migration leaves what the version before needs', async t => {
  const services = Map.groupBy(
    globSync('services/*/prisma/migrations/*/migration.sql', { cwd: join(import.meta.dirname, '..') }).sort(),
    path => dirname(dirname(path)),
  )
  t.equal(services.size, 3)
  for (const [, [, ...later]] of services) {
    for (const path of later) {
      if (BEFORE_THE_FIRST_VERSION.some(name => path.includes(name))) continue
      t.same(breaksIn(readFileSync(join(import.meta.dirname, '..', path), 'utf8')), [], path)
    }
  }
})

t.test('what a migration must not do is found, and what it may is not', async t => {
  for (const sql of [
    'ALTER TABLE a DROP COLUMN b;',
    'alter table a rename column b to c;',
    'ALTER TABLE a ALTER COLUMN b TYPE bigint;',
    'ALTER TABLE a ALTER b SET NOT NULL;',
    'ALTER TABLE a ADD COLUMN b text DEFAULT 1, ADD COLUMN c text NOT NULL;',
    'DROP INDEX entries_id_key;',
    '-- Some words.\nDROP TABLE a;',
    '-- contract: for the first only\nDROP TABLE a;\nDROP TABLE b;',
  ])
    t.equal(breaksIn(sql).length, 1, sql)
  for (const sql of [
    '-- Nothing will DROP TABLE a;\nCREATE TABLE b (c text NOT NULL);',
    "ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT '', ADD COLUMN c text;",
    'DROP INDEX entries_student_idx;',
    '-- contract: 1.3, nothing reads it since 1.2\nALTER TABLE a DROP COLUMN b;',
  ])
    t.same(breaksIn(sql), [], sql)
})
