import { randomUUIDv7 } from 'node:crypto'
import { type Random, seeded } from '../../../../test/random.ts'
import { type Imported, until } from '../../test/lectern.ts'
import { record } from '../../test/real-services.ts'
import { signedIn } from '../../test/staff.ts'
import type { Campus } from '../../test/students-page.ts'
import type Texts from './course.en.json'

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

const [SMALL, LARGE] = ['qwen3-8b', 'deepseek-chat']
/** What the gateway offers. */
export const MODELS = [SMALL, LARGE]
const WEEK = 7
const CHARGE_LEAST = 180
const CHARGE_MOST = 1400
const QUESTIONS = 420
const HOUR_MS = 3_600_000
const WEEK_MS = 168 * HOUR_MS

/** Makes a course by the API, as its staff would, and lets its students ask. */
export async function makeCourse(campus: Campus, texts: CourseTexts, nowMs: number): Promise<PicturedCourse> {
  const { course, other, admin, assistants, names, groups } = texts
  const { ask, email } = await signedIn(campus, { ...admin, isAdmin: true })
  // The break after week 4 is over: week 7 began on the seventh Monday after the first.
  const monday = mondayBefore(nowMs, course.timezone)
  const startsOn = monday.subtract({ weeks: WEEK })
  const settings = {
    ...{ startsOn: startsOn.toString(), weeks: 14, weeklyTokens: 60_000, defaultMaxTokens: 1500 },
    breaks: [
      { startsOn: startsOn.add({ weeks: 4 }).toString(), weeks: 1 },
      { startsOn: startsOn.add({ weeks: 11 }).toString(), weeks: 2 },
    ],
    models: MODELS,
    modelWeights: { [LARGE]: { input: 3000, cachedInput: 300, output: 8000 } },
    modelPrices: {
      [SMALL]: { input: 0.1, cachedInput: 0.01, output: 0.4 },
      [LARGE]: { input: 1.25, cachedInput: 0.125, output: 6 },
    },
    groupTokens: { [groups[2] ?? '']: 90_000 },
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
  const grant = { week: WEEK, tokens: 30_000, reason: texts.grant }
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

interface Asking {
  texts: CourseTexts
  students: readonly Imported[]
  startMs: number
  nowMs: number
}

/** Seven weeks of questions, most of them on weekday evenings. Answers the id of the newest one's thread. */
async function askAll({ operator }: Campus, { texts, students, startMs, nowMs }: Asking): Promise<string> {
  const chance = seeded(26)
  const send = (student: Imported, week: number, startedAtMs: number, talk: CourseTexts['talks'][number]) => {
    const id = randomUUIDv7()
    const model = chance.between(1, 10) > 7 ? LARGE : SMALL
    const chargeTokens = chance.between(CHARGE_LEAST, CHARGE_MOST) * (model === LARGE ? 4 : 1)
    const base = {
      id,
      courseId: texts.course.id,
      studentId: student.id,
      week,
      chargeTokens,
      startedAtMs,
      model,
    }
    const usage = usageOf(chance)
    const ending = endingOf(chance)
    return record(operator, { ...base, usage, question: talk.ask, answer: talk.answer, ...ending }).then(
      () => id,
    )
  }
  for (let count = 0; count < QUESTIONS; count++) {
    const week = chance.between(1, WEEK)
    const beginsAtMs = startMs + (week > 4 ? week : week - 1) * WEEK_MS
    const startedAtMs = beginsAtMs + hourOf(chance) * HOUR_MS + chance.between(0, HOUR_MS)
    if (startedAtMs > nowMs - 2 * HOUR_MS) continue
    await send(chance.pick(students), week, startedAtMs, chance.pick(texts.talks.slice(1)))
  }
  // Two who have nearly used up their week.
  for (const at of [4, 9, 12])
    for (let count = 0; count < 9 + at; count++) {
      const student = students[at]
      if (student)
        await send(student, WEEK, nowMs - chance.between(3, 24) * HOUR_MS, chance.pick(texts.talks))
    }
  return askTwice(operator, texts, students[1] ?? students[0], nowMs)
}

async function askTwice(
  operator: Campus['operator'],
  { course, talks }: CourseTexts,
  student: Imported | undefined,
  nowMs: number,
): Promise<string> {
  const [talk] = talks
  if (!talk || !student) throw new Error('nobody asks anything')
  const { ask: question, answer, then, end } = talk
  const base = { courseId: course.id, studentId: student.id, week: WEEK, model: SMALL, promptVersion: 3 }
  const first = { ...base, id: randomUUIDv7(), chargeTokens: 412, startedAtMs: nowMs - 840_000 }
  await record(operator, { ...first, question, answer })
  const messages = [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
    { role: 'user', content: then },
  ]
  const second = { ...base, id: randomUUIDv7(), chargeTokens: 655, startedAtMs: nowMs - 600_000, messages }
  await record(operator, { ...second, question: then, answer: end })
  return second.id
}

function usageOf(chance: Random) {
  const [inputTokens, outputTokens] = [chance.between(120, 900), chance.between(80, 700)]
  return { inputTokens, outputTokens, cachedTokens: 0, source: 'provider' as const }
}

function endingOf(chance: Random) {
  const [die, firstTokenMs] = [chance.between(1, 60), chance.between(180, 900)]
  const times = { firstTokenMs, totalMs: firstTokenMs + chance.between(900, 9000) }
  if (die === 1) return { ...times, outcome: 'upstream_failed' as const, answer: '', chargeTokens: 0 }
  return die < 4 ? { ...times, outcome: 'client_gone' as const } : times
}

/** Hours after the beginning of a week. */
function hourOf(chance: Random): number {
  const day = chance.pick([0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 6])
  return day * 24 + chance.pick([9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 19, 20, 20, 21, 21, 22, 23])
}
