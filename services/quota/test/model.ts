/**
 * What the quota service promises, as arithmetic on a list of holds: no Redis, no Postgres, no time of its own. The books
 * (`end`, `charge`, grants) never forget; what Redis knows of a hold (`redis`) may be lost, or come back from an old file.
 */

export const USEFUL_OUTPUT = 16
export const HOLD_MS = 60_000

export interface Question {
  input: number
  output: number
  model: string
  /** A provider could answer at which the student may have a key of their own. */
  own?: boolean
}

/** Who asks, with which of the student's keys, and what for. */
export type Asked = Pick<Hold, 'student' | 'key' | 'question'>

export interface Granted {
  tokensHeld: number
  maxOutputTokens: number
  outputLowered: boolean
  remaining: number
}
export type Expected = { granted: true; answer: Granted } | { granted: false; reason: string }

export interface Hold {
  id: string
  student: number
  /** Which of the student's keys asked for it. */
  key: number
  week: number
  question: Question
  /** Of the answer that was given last: an upper bound of the charge. */
  tokens: number
  /** The end in the books; `expire` may be followed by `settle`. */
  end: 'none' | 'settle' | 'release' | 'expire'
  charge: number
  /** Charged although Redis held nothing for it any more: this may take a week below zero. */
  late: boolean
  /** Null: Redis does not know it. */
  redis: KnownHold | null
  /** Redis was told to release it when it did not know it: it refuses it from then on. */
  givenUp: boolean
}

const FORGOTTEN = { redis: null, givenUp: false } as const

interface KnownHold {
  open: boolean
  deadlineMs: number
  answer: Granted
}

export interface Amounts {
  granted: number
  used: number
  held: number
  remaining: number
}

export class Model {
  readonly holds: Hold[] = []
  /** What Redis knew when its file was copied. */
  file: Map<string, Pick<Hold, 'redis' | 'givenUp'>> | null = null
  week = 1
  nowMs: number
  weeklyTokens: number
  models: string[] = []
  parallel = 10_000
  /** Whether the course lets students pay with keys of their own. */
  ownKeys = true
  /** Of each student: which key is the last one, whether it works, and whether there is one of their own at the provider. */
  readonly keys: { last: number; isValid: boolean; own: boolean }[]
  readonly #granted = new Map<string, number>()
  readonly #cut = new Map<string, number>()

  constructor(options: { students: number; weeklyTokens: number; nowMs: number }) {
    this.nowMs = options.nowMs
    this.weeklyTokens = options.weeklyTokens
    this.keys = Array.from({ length: options.students }, () => ({
      last: 0,
      isValid: true,
      own: false,
    }))
    this.#openWeek()
  }

  get students(): number[] {
    return [...this.keys.keys()]
  }

  amounts(student: number, week: number): Amounts {
    const own = this.holds.filter(hold => hold.student === student && hold.week === week)
    const granted = this.#granted.get(`${student}:${week}`) ?? 0
    const used = own.reduce((sum, hold) => sum + (hold.end === 'settle' ? hold.charge : 0), 0)
    const held = own.reduce((sum, { redis }) => sum + (redis?.open ? redis.answer.tokensHeld : 0), 0)
    return { granted, used, held, remaining: granted - used - held }
  }

  /** How far below zero a week may be: what staff took away, and what was charged after its hold was gone. */
  excuse(student: number, week: number): number {
    const own = this.holds.filter(hold => hold.student === student && hold.week === week)
    const late = own.reduce((sum, hold) => sum + (hold.late ? hold.charge : 0), 0)
    return late + (this.#cut.get(`${student}:${week}`) ?? 0)
  }

  works(student: number, key: number): boolean {
    const { last, isValid } = this.keys[student] ?? { last: 0, isValid: false }
    return isValid && last === key
  }

  pays(student: number, { own = false }: Question): boolean {
    return own && this.ownKeys && (this.keys[student]?.own ?? false)
  }

  /** What must be answered to a reservation now; changes nothing. */
  expect({ student, key, question }: Asked): Expected {
    const refuse = (reason: string): Expected => ({ granted: false, reason })
    if (!this.works(student, key)) return refuse('invalid_api_key')
    if (this.models.length > 0 && !this.models.includes(question.model)) return refuse('model_not_found')
    const running = this.holds.filter(hold => hold.student === student && hold.redis?.open)
    if (running.length >= this.parallel) return refuse('too_many_parallel_requests')
    const { remaining, held } = this.amounts(student, this.week)
    if (this.pays(student, question)) {
      const answer = { tokensHeld: 0, maxOutputTokens: question.output, outputLowered: false, remaining }
      return { granted: true, answer }
    }
    const useful = question.input + Math.min(question.output, USEFUL_OUTPUT)
    if (useful > remaining) return refuse(useful > remaining + held ? 'insufficient_quota' : 'budget_in_use')
    const maxOutputTokens = Math.min(question.output, remaining - question.input)
    const tokensHeld = question.input + maxOutputTokens
    const outputLowered = maxOutputTokens < question.output
    const answer = { tokensHeld, maxOutputTokens, outputLowered, remaining: remaining - tokensHeld }
    return { granted: true, answer }
  }

  /** A reservation was granted: anew, or again after Redis had lost it. */
  hold(id: string, { student, key, question }: Asked, answer: Granted): Hold {
    const redis = { open: true, deadlineMs: this.nowMs + HOLD_MS, answer }
    const known = this.holds.find(hold => hold.id === id)
    const { week } = this
    const fresh = {
      id,
      student,
      key,
      week,
      question,
      end: 'none',
      charge: 0,
      late: false,
      givenUp: false,
    } as const
    const hold: Hold = known ?? { ...fresh, tokens: 0, redis }
    Object.assign(hold, { redis, tokens: answer.tokensHeld, week })
    if (!known) this.holds.push(hold)
    return hold
  }

  /** An end is told, for the first time or again, fitting or not: the books take one, and Redis holds nothing any more. */
  tell(hold: Hold, end: 'settle' | 'release', charge: number): void {
    const wasOpen = hold.redis?.open ?? false
    const isNew = hold.end === 'none' || (hold.end === 'expire' && end === 'settle')
    if (hold.redis) hold.redis = { ...hold.redis, open: false }
    if (!isNew) return
    Object.assign(hold, { end, charge: end === 'settle' ? charge : 0, late: end === 'settle' && !wasOpen })
  }

  pass(ms: number): void {
    this.nowMs += ms
    for (const hold of this.holds) this.#expire(hold)
  }

  nextWeek(): void {
    this.week += 1
    this.#openWeek()
  }

  grant(student: number, tokens: number): void {
    this.#add(student, this.week, tokens)
  }

  /** For the running week at once; past weeks keep what they had. */
  changeAllowance(weeklyTokens: number): void {
    for (const student of this.students) this.#add(student, this.week, weeklyTokens - this.weeklyTokens)
    this.weeklyTokens = weeklyTokens
  }

  wipe(): void {
    for (const hold of this.holds) Object.assign(hold, FORGOTTEN)
  }

  copyFile(): void {
    this.file = new Map(this.holds.map(({ id, redis, givenUp }) => [id, { redis, givenUp }]))
  }

  /** Redis knows again what it knew then; of holds that have ended since, the ledger tells it when it is next asked. */
  restoreFile(): void {
    for (const hold of this.holds) {
      const { redis, givenUp } = this.file?.get(hold.id) ?? FORGOTTEN
      hold.redis = redis && { ...redis, open: redis.open && hold.end === 'none' }
      hold.givenUp = givenUp
      this.#expire(hold)
    }
  }

  #expire(hold: Hold): void {
    if (!hold.redis?.open || hold.redis.deadlineMs > this.nowMs) return
    hold.redis = { ...hold.redis, open: false }
    if (hold.end === 'none') hold.end = 'expire'
  }

  #openWeek(): void {
    for (const student of this.students) this.#granted.set(`${student}:${this.week}`, this.weeklyTokens)
  }

  #add(student: number, week: number, tokens: number): void {
    const account = `${student}:${week}`
    this.#granted.set(account, (this.#granted.get(account) ?? 0) + tokens)
    this.#cut.set(account, (this.#cut.get(account) ?? 0) + Math.max(0, -tokens))
  }
}
