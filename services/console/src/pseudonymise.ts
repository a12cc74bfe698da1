import type { Conversation } from '@lectern/shared/contracts/conversations.ts'

/** Takes out of a conversation who wrote it: ids become pseudonyms, and so do the names and e-mails of the roster in texts. Pure. */

/** A student of the roster, and what stands for them. */
export interface Known {
  id: string
  name: string
  email: string
  pseudonym: string
}

/**
 * What a text may say of students, in lower case, and what replaces it: by how a saying begins, and then by its length, so that a
 * roster of thousands costs a text no more than a short one.
 */
type Sayings = Map<string, Alike>

interface Alike {
  lengths: number[]
  pseudonyms: Map<string, string>
}

/** Fields of a request in which a client may say whose it is. */
const IDENTIFYING = ['user', 'safety_identifier', 'prompt_cache_key', 'metadata']
/** An id of two letters would be found in every program. */
const SHORTEST_ID = 4
const SHORTEST_NAME_PART = 3

/** What begins a saying: a word, or two Chinese characters, which no space sets apart. */
const BEGINNING = /\p{Script=Han}{2}|(?:(?!\p{Script=Han})[\p{L}\p{N}])+/uy
const LETTER = /[\p{L}\p{N}]/u
const HAN = /\p{Script=Han}/u

/** Replaces the students of a roster in conversations. */
export function createPseudonymiser(roster: readonly Known[]): (conversation: Conversation) => Conversation {
  const everybody = sayingsOf(
    roster.flatMap(student => fullNames(student).map(saying => ({ saying, student }))),
  )
  const byId = new Map(roster.map(student => [student.id, student]))
  return conversation => {
    const student = byId.get(conversation.studentId)
    // Others' first names are words of the language; the writer's own are most likely a signature.
    const own = sayingsOf(student ? nameParts(student.name).map(saying => ({ saying, student })) : [])
    const replace = (value: unknown) => mapTexts(value, text => replaceSayings(text, [everybody, own]))
    const parameters = Object.entries(conversation.parameters).filter(([name]) => !IDENTIFYING.includes(name))
    return {
      ...conversation,
      studentId: student?.pseudonym ?? 'student-unknown',
      traceId: null,
      messages: replace(conversation.messages) as Conversation['messages'],
      answers: replace(conversation.answers) as Conversation['answers'],
      parameters: replace(Object.fromEntries(parameters)) as Conversation['parameters'],
    }
  }
}

/** What names a student for sure: the whole name in both orders, the e-mail, the id. */
function fullNames({ id, name, email }: Known): string[] {
  const parts = name.trim().split(/\s+/)
  const last = parts.at(-1) ?? ''
  const first = parts.slice(0, -1).join(' ')
  const turned = first
    ? [`${last} ${first}`, `${last}, ${first}`, ...(HAN.test(name) ? [parts.join('')] : [])]
    : []
  const names = [parts.join(' '), ...turned].filter(
    text => first || HAN.test(text) || text.length >= SHORTEST_NAME_PART,
  )
  return [...names, email, ...(id.length >= SHORTEST_ID ? [id] : [])].filter(text => text !== '')
}

function nameParts(name: string): string[] {
  // 王小明 is called 小明.
  if (/^\p{Script=Han}{3,4}$/u.test(name)) return [Array.from(name).slice(-2).join('')]
  return name.split(/[\s,]+/).filter(part => part.length >= SHORTEST_NAME_PART)
}

function sayingsOf(pairs: readonly { saying: string; student: Known }[]): Sayings {
  const sayings: Sayings = new Map()
  for (const { saying, student } of pairs) {
    const folded = saying.toLowerCase()
    const key = beginningAt(folded, 0)
    if (key === undefined) continue
    const known: Alike = sayings.get(key) ?? { lengths: [], pseudonyms: new Map() }
    known.pseudonyms.set(folded, student.pseudonym)
    if (!known.lengths.includes(folded.length)) known.lengths.push(folded.length)
    sayings.set(key, known)
  }
  // The longest is looked for first.
  for (const { lengths } of sayings.values()) lengths.sort((one, other) => other - one)
  return sayings
}

function beginningAt(text: string, index: number): string | undefined {
  BEGINNING.lastIndex = index
  return BEGINNING.exec(text)?.[0]
}

/** One pass over the text, whatever the size of the roster. */
function replaceSayings(text: string, all: readonly Sayings[]): string {
  const folded = text.toLowerCase()
  // Where lower case has another length (İ), places would not fit: such a text is compared as it is.
  const compared = folded.length === text.length ? folded : text
  let replaced = ''
  let kept = 0
  for (let index = 0; index < text.length; ) {
    const key = beginningAt(compared, index)
    const hit = key && findAt(compared, index, key, all)
    if (hit) {
      replaced += text.slice(kept, index) + hit.pseudonym
      index += hit.length
      kept = index
    } else index += key && !HAN.test(key) ? key.length : 1
  }
  return replaced + text.slice(kept)
}

function findAt(text: string, index: number, key: string, all: readonly Sayings[]) {
  for (const sayings of all) {
    const known = sayings.get(key)
    for (const length of known?.lengths ?? []) {
      const pseudonym = known?.pseudonyms.get(text.slice(index, index + length))
      if (pseudonym !== undefined && endsThere(text, index + length)) return { pseudonym, length }
    }
  }
  return undefined
}

/** Not in the middle of a longer word; Chinese has no such thing. */
function endsThere(text: string, end: number): boolean {
  const [before = '', after = ''] = [text[end - 1], text[end]]
  return HAN.test(before) || HAN.test(after) || !LETTER.test(after)
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map(item => mapTexts(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapTexts(item, change)]))
}
