import { readFileSync } from 'node:fs'
import t from 'tap'
import { UpdateCourseCall } from '../../src/contracts/courses.ts'
import { validator } from '../../src/schema.ts'
import { everyCall, lineOf, samplesOf } from './samples.ts'

/** Old and new processes run side by side while an installation is rolled: each must understand the other. */

const calls = await everyCall()
const NEWER = { addedByANewerVersion: { with: ['anything'] } }

/** What staff order is refused where a part of it is not known: it would silently not be in force. */
const REFUSING = [
  'prompts.publish',
  'prompts.restore',
  'prompts.rules.add',
  'quota.courses.create',
  'quota.courses.join-code',
  'quota.courses.update',
  'quota.grants.add',
  'quota.grants.add-many',
  'quota.join.enter',
  'quota.keys.trial',
  'quota.me.rotate',
  'quota.me.session-key',
  'quota.students.import',
  'quota.students.plan-import',
  'quota.students.update',
  'staff.invite',
  'staff.roles.invite',
  'staff.update',
]

t.test(
  'who answers ignores what a newer asker adds, and refuses an order that it cannot carry out',
  async t => {
    t.ok(calls.size > 20)
    const refusing: string[] = []
    for (const [subject, { request }] of calls) {
      const check = validator(request)
      for (const sample of samplesOf(request)) t.doesNotThrow(() => check(sample), subject)
      const newer = samplesOf(request, NEWER)
      if (newer.every(sample => accepts(check, sample))) continue
      t.notOk(
        newer.some(sample => accepts(check, sample)),
        `${subject} refuses always or never`,
      )
      refusing.push(subject)
    }
    t.same(refusing.sort(), REFUSING)
    const order = { courseId: 'a', actor: 'a', patch: { name: 'a', ...NEWER } }
    t.notOk(accepts(validator(UpdateCourseCall.request), order), 'a setting of a course at any depth')
  },
)

t.test('who asks ignores what a newer answerer adds, at every depth', async t => {
  for (const [subject, { reply }] of calls) {
    const check = validator(reply)
    for (const sample of samplesOf(reply, NEWER)) t.doesNotThrow(() => check(sample), subject)
  }
})

t.test('what the first version says is still understood', async t => {
  // A line is never edited. For a call that is new, the report of this test has the line to be added.
  const lines = readFileSync(new URL('first-version.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const known = new Map(lines.map(line => JSON.parse(line)).map(line => [line.subject as string, line]))
  t.same([...calls.values()].filter(({ subject }) => !known.has(subject)).map(lineOf), [])
  for (const [subject, { request, replies }] of known) {
    const call = calls.get(subject)
    t.ok(call, `${subject} is still answered`)
    if (!call) continue
    t.doesNotThrow(() => validator(call.request)(request), subject)
    for (const reply of replies) t.doesNotThrow(() => validator(call.reply)(reply), subject)
  }
})

function accepts(check: (value: unknown) => unknown, value: unknown): boolean {
  try {
    check(value)
    return true
  } catch {
    return false
  }
}
