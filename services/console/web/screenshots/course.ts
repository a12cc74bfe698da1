import { type Imported, until } from '../../test/lectern.ts'
import { signedIn } from '../../test/staff.ts'
import type { Campus } from '../../test/students-page.ts'
import type Texts from './course.en.json'
import { askAll, BREAK_AFTER, LARGE, MODELS, SMALL, WEEK } from './questions.ts'

/** What is said in a course, in one language: `course.<language>.json`. */
export type CourseTexts = typeof Texts

/** A course in its seventh week, with a name for all that the pictures show of it. */
export interface PicturedCourse {
  texts: CourseTexts
  /** E-mail of the admin who looks at it. */
  email: string
  /** The student whose own page is shown. */
  student: Imported
  /** A conversation of two questions. */
  conversation: string
}

/** Makes a course by the API, as its staff would, and lets its students ask. */
export async function makeCourse(campus: Campus, texts: CourseTexts, nowMs: number): Promise<PicturedCourse> {
  const { course, other, admin, assistants, names, groups } = texts
  const { ask, email } = await signedIn(campus, { ...admin, isAdmin: true })
  // A break of one week is over: week 7 began on the seventh Monday after the first.
  const monday = mondayBefore(nowMs, course.timezone)
  const startsOn = monday.subtract({ weeks: WEEK })
  const settings = {
    ...{ startsOn: startsOn.toString(), weeks: 14, weeklyTokens: 20_000, defaultMaxTokens: 1500 },
    breaks: [
      { startsOn: startsOn.add({ weeks: BREAK_AFTER }).toString(), weeks: 1 },
      { startsOn: startsOn.add({ weeks: 11 }).toString(), weeks: 2 },
    ],
    models: MODELS,
    modelWeights: { [LARGE]: { input: 3000, cachedInput: 300, output: 8000 } },
    modelPrices: {
      [SMALL]: { input: 0.1, cachedInput: 0.01, output: 0.4 },
      [LARGE]: { input: 1.25, cachedInput: 0.125, output: 6 },
    },
    groupTokens: { [groups[2] ?? '']: 30_000 },
    joinDomains: ['example.edu'],
    retentionDays: 365,
  }
  await ask('POST /api/courses', { ...course, ...settings })
  await ask('POST /api/courses', { ...course, ...other, ...settings, models: [], modelWeights: {} })
  await ask(`POST /api/courses/${course.id}/join-code`)
  const people = names.map((name, at) => ({
    id: `${course.id}-${String(at + 1).padStart(2, '0')}`,
    name,
    email: addressOf(name, at),
    group: groups[at % groups.length],
  }))
  const { body: students } = await ask<Imported[]>(`POST /api/courses/${course.id}/students`, people)
  for (const { name, email } of assistants)
    await ask(`POST /api/courses/${course.id}/staff`, { name, email, role: 'assistant' })
  for (const prompt of texts.prompts) await ask(`POST /api/courses/${course.id}/prompts`, prompt)
  for (const rule of texts.rules) await ask(`POST /api/courses/${course.id}/rules`, rule)
  const ids = students.slice(3, 7).map(({ id }) => id)
  const grant = { week: WEEK, tokens: 10_000, reason: texts.grant }
  await ask(`POST /api/courses/${course.id}/grants`, { ...grant, students: ids })
  const student = students[1]
  if (!student) throw new Error(`the course has no students: ${JSON.stringify(students)}`)
  const startMs = startsOn.toZonedDateTime(course.timezone).epochMilliseconds
  const asked = await askAll(campus, { texts, students, startMs, nowMs })
  const list = () => ask<{ items: unknown[] }>(`GET /api/conversations?course=${course.id}&limit=200`)
  await until(list, ({ body }) => body.items.length >= 200)
  await until(
    () => ask(`GET /api/conversations/${asked}`),
    ({ status }) => status === 200,
  )
  await ask(`PUT /api/conversations/${asked}/flag`, { flagged: true })
  await ask(`POST /api/conversations/${asked}/notes`, { text: texts.note })
  return { texts, email, student, conversation: asked }
}

function mondayBefore(nowMs: number, timezone: string): Temporal.PlainDate {
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timezone).toPlainDate()
  return today.subtract({ days: today.dayOfWeek - 1 })
}

/** Of a name that ASCII has no letters for: a number. */
function addressOf(name: string, at: number): string {
  const plain = name.normalize('NFD').replaceAll(/[^A-Za-z ]/g, '')
  const local = plain.trim()
    ? plain.toLowerCase().replaceAll(' ', '.')
    : `student${String(at + 1).padStart(2, '0')}`
  return `${local}@example.edu`
}
