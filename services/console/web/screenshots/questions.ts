import { randomUUIDv7 } from 'node:crypto'
import { type Random, seeded } from '../../../../test/random.ts'
import type { Imported } from '../../test/lectern.ts'
import { record } from '../../test/real-services.ts'
import type { Campus } from '../../test/students-page.ts'
import type { CourseTexts } from './course.ts'

/** The week that is now, and the one after which the course has rested for a week. */
export const WEEK = 7
export const BREAK_AFTER = 4
/** What the gateway offers. */
export const [SMALL, LARGE] = ['qwen3-8b', 'deepseek-chat'] as const
export const MODELS = [SMALL, LARGE]

const QUESTIONS = 1000
/** Who has nearly used up the week by one long question, by their places in the list. */
const BUSY = [9, 10, 12]
const HOUR_MS = 3_600_000
const WEEK_MS = 168 * HOUR_MS

interface Asking {
  texts: CourseTexts
  students: readonly Imported[]
  startMs: number
  nowMs: number
}

/** Seven weeks of questions, by chance that repeats itself, and a conversation of the second student, whose id is answered. */
export async function askAll(
  { operator }: Campus,
  { texts, students, startMs, nowMs }: Asking,
): Promise<string> {
  const chance = seeded(texts.seed)
  const busy = BUSY.flatMap(at => students[at] ?? [])
  const send = (student: Imported, week: number) => {
    const beginsAtMs = startMs + (week > BREAK_AFTER ? week : week - 1) * WEEK_MS
    const startedAtMs = beginsAtMs + hourOf(chance) * HOUR_MS + chance.between(0, HOUR_MS)
    const { ask: question, answer } = chance.pick(texts.talks.slice(1))
    const who = { id: randomUUIDv7(), courseId: texts.course.id, studentId: student.id, week }
    const part = { ...who, startedAtMs, question, answer, ...costOf(chance), ...endingOf(chance) }
    return startedAtMs < nowMs - HOUR_MS ? record(operator, part) : undefined
  }
  for (let count = 0; count < QUESTIONS; count++) await send(chance.pick(students), chance.between(1, WEEK))
  for (const student of busy) await record(operator, longQuestion(student, texts, nowMs, chance))
  return askTwice(operator, texts, students[1], nowMs)
}

async function askTwice(
  operator: Campus['operator'],
  { course, talks: [talk] }: CourseTexts,
  student: Imported | undefined,
  nowMs: number,
): Promise<string> {
  if (!talk || !student) throw new Error('nobody asks anything')
  const { ask: question, answer, then, end } = talk
  const who = { courseId: course.id, studentId: student.id, week: WEEK, promptVersion: 3 }
  const how = { ...modelOf(SMALL), firstTokenMs: 312, totalMs: 4180 }
  const first = { ...who, ...how, id: randomUUIDv7(), chargeTokens: 412, startedAtMs: nowMs - 840_000 }
  await record(operator, { ...first, question, answer })
  const messages = [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
    { role: 'user', content: then },
  ]
  const second = { ...who, ...how, id: randomUUIDv7(), chargeTokens: 655, startedAtMs: nowMs - 600_000 }
  await record(operator, { ...second, messages, question: then, answer: end })
  return second.id
}

function longQuestion(student: Imported, { course, talks }: CourseTexts, nowMs: number, chance: Random) {
  const who = { id: randomUUIDv7(), courseId: course.id, studentId: student.id, week: WEEK }
  const cost = { ...modelOf(LARGE), chargeTokens: chance.between(16_200, 18_200) }
  const { ask: question, answer } = chance.pick(talks.slice(1))
  return { ...who, ...cost, question, answer, startedAtMs: nowMs - chance.between(2, 5) * HOUR_MS }
}

const modelOf = (model: string) => ({ model, provider: 'campus', providerModel: model })

function costOf(chance: Random) {
  const large = chance.between(1, 10) > 8
  const [inputTokens, outputTokens] = [chance.between(150, 700), chance.between(80, 600)]
  return {
    ...modelOf(large ? LARGE : SMALL),
    chargeTokens: large ? 3 * inputTokens + 8 * outputTokens : inputTokens + outputTokens,
    usage: { inputTokens, outputTokens, cachedTokens: 0, source: 'provider' as const },
  }
}

function endingOf(chance: Random) {
  const [die, firstTokenMs] = [chance.between(1, 60), chance.between(180, 900)]
  const times = { firstTokenMs, totalMs: firstTokenMs + chance.between(900, 9000) }
  if (die === 1) return { ...times, outcome: 'upstream_failed' as const, answer: '', chargeTokens: 0 }
  return die < 4 ? { ...times, outcome: 'client_gone' as const } : times
}

/** Hours after the beginning of a week: mostly before the class of Thursday, and in the evening. */
function hourOf(chance: Random): number {
  const day = chance.pick([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6])
  return day * 24 + chance.pick([9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 19, 20, 20, 21, 21, 22, 23])
}
