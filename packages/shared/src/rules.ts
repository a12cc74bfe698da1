import { RE2JS, RE2Set } from 're2js'
import { LecternError } from './errors.ts'

/** Patterns of staff rules, in RE2 syntax: matching takes time linear in the text, so no pattern can hang a gateway. */
export interface Pattern {
  matches(text: string): boolean
  /** Where it is found, from the left, at most so often; `start` inclusive, `end` exclusive, as JavaScript counts characters. */
  find(text: string, most: number): { start: number; end: number }[]
}

const FLAGS = RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL
/**
 * What a pattern's automaton may remember of the texts it has met. Those of people need some kilobytes; a text made for it could
 * fill the library's default of 8 MiB for each rule. A pattern that needs more is matched without, some ten times slower.
 */
const MOST_AUTOMATON_BYTES = 1024 ** 2

/** Compiles a rule's pattern (case ignored, found anywhere). Throws `invalid_request` that says what is wrong with it. */
export function compilePattern(pattern: string): Pattern {
  try {
    const compiled = RE2JS.compile(pattern, FLAGS)
    // A set does not say where, and need not keep track of it; it also lets its memory be bounded.
    const set = new RE2Set(RE2Set.UNANCHORED, FLAGS, MOST_AUTOMATON_BYTES)
    set.add(pattern)
    return {
      matches: text => set.match(text).length > 0,
      find(text, most) {
        const matcher = compiled.matcher(text)
        const found: { start: number; end: number }[] = []
        while (found.length < most && matcher.find()) {
          found.push({ start: matcher.start(), end: matcher.end() })
        }
        return found
      },
    }
  } catch (error) {
    throw new LecternError('invalid_request', {
      message: `The pattern is not valid RE2 syntax (no look-around, no back-references): ${(error as Error).message}`,
      param: 'pattern',
      cause: error,
    })
  }
}
