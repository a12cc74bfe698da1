import { ApiError } from './errors.ts'
import { type ChatMessage, isObject, textOf } from './request.ts'

type Reader<T> = (text: string, key: string) => T

// An hour: longer than any test waits, short enough for a timer.
const milliseconds = whole(0, 3_600_000)

/** Every key that a directive may have, and how its value is read. README.md says what each does. */
const READERS = {
  // Before the headers.
  hold: name,
  delay: milliseconds,
  status: whole(400, 599),
  'retry-after': whole(0, 86_400),
  reset: flag,
  // The answer.
  first: milliseconds,
  gap: milliseconds,
  tokens: whole(1, 1_000_000),
  big: whole(1, 64_000_000),
  echo: flag,
  usage: readUsage,
  // How it breaks.
  cut: whole(0, 1_000_000),
  hang: oneOf('headers', 'stream'),
  error: oneOf('stream'),
  after: whole(0, 1_000_000),
  done: oneOf('none'),
  // How its bytes are written.
  crlf: flag,
  split: whole(1, 65_536),
  bundle: whole(1, 10_000),
  // How often it breaks.
  id: name,
  times: whole(0, 1_000_000),
}

/** What a test or demo wants of one answer. */
export type Directive = { [K in keyof typeof READERS]?: ReturnType<(typeof READERS)[K]> }

/** What goes wrong, as against what the answer looks like: the part that `times` limits. */
const FAULTS = ['delay', 'status', 'retry-after', 'reset', 'cut', 'hang', 'error', 'done'] as const

const IN_TEXT = /\[\[demo:([^\]]*)\]\]/g

/** The directives in the last message of the user; throws a 400 that names the bad key. */
export function directiveInMessages(messages: ChatMessage[]): Directive {
  const text = textOf(messages.findLast(message => message.role === 'user'))
  const words = [...text.matchAll(IN_TEXT)].flatMap(match => match[1]?.trim().split(/\s+/) ?? [])
  const pairs = words.filter(Boolean).map((word): [string, string] => {
    const at = word.indexOf('=')
    return at < 0 ? [word, '1'] : [word.slice(0, at), word.slice(at + 1)]
  })
  return readPairs(pairs)
}

/** The directive in a JSON object, as the control endpoint takes it. */
export function directiveInJson(value: unknown): Directive {
  if (!isObject(value)) throw invalid('A directive must be an object.')
  return readPairs(Object.entries(value).map(([key, entry]) => [key, String(entry)]))
}

/** A text without its directives: what the user really asked. */
export function withoutDirectives(text: string): string {
  return text.replace(IN_TEXT, '').trim()
}

/** The same answer, but nothing goes wrong with it. */
export function withoutFaults(directive: Directive): Directive {
  const rest = { ...directive }
  for (const key of FAULTS) delete rest[key]
  return rest
}

function readPairs(pairs: [string, string][]): Directive {
  const directive: Record<string, unknown> = {}
  for (const [key, text] of pairs) {
    if (!Object.hasOwn(READERS, key)) {
      throw invalid(`Unknown directive "${key}". Known are: ${Object.keys(READERS).join(', ')}.`)
    }
    directive[key] = READERS[key as keyof typeof READERS](text, key)
  }
  if ('times' in directive && !('id' in directive)) throw invalid('times needs an id to count by.')
  return directive
}

function whole(least: number, most: number): Reader<number> {
  return (text, key) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw invalid(`${key} must be a whole number from ${least} to ${most}, not "${text}".`)
  }
}

function oneOf<const T extends string>(...values: T[]): Reader<T> {
  return (text, key) => {
    const value = values.find(candidate => candidate === text)
    if (value) return value
    throw invalid(`${key} must be ${values.join(' or ')}, not "${text}".`)
  }
}

function flag(text: string, key: string): boolean {
  return ['1', 'true'].includes(oneOf('1', '0', 'true', 'false')(text, key))
}

function name(text: string, key: string): string {
  if (/^[\w.:-]{1,100}$/.test(text)) return text
  throw invalid(`${key} must be 1 to 100 letters, digits, or one of _ . : -`)
}

function readUsage(text: string): 'none' | { prompt: number; completion: number; cached: number } {
  if (text === 'none') return 'none'
  const [, prompt, completion, cached = 0] = /^(\d{1,12}),(\d{1,12})(?:,(\d{1,12}))?$/.exec(text) ?? []
  if (!prompt || !completion) {
    throw invalid(`usage must be none, or two or three numbers as in 123,45,100, not "${text}".`)
  }
  return { prompt: Number(prompt), completion: Number(completion), cached: Number(cached) }
}

function invalid(message: string): ApiError {
  return new ApiError(400, message, { code: 'invalid_directive', param: 'directive' })
}
