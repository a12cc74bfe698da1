import { RE2JS } from 're2js'
import { LecternError } from './errors.ts'

/** Patterns of staff rules, in RE2 syntax: matching takes time linear in the text, so no pattern can hang a gateway. */
export interface Pattern {
  matches(text: string): boolean
  /** Where it is found, from the left, at most so often; `start` inclusive, `end` exclusive, as JavaScript counts characters. */
  find(text: string, most: number): { start: number; end: number }[]
}

/** Compiles a rule's pattern (case ignored, found anywhere). Throws `invalid_request` that says what is wrong with it. */
export function compilePattern(pattern: string): Pattern {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL)
    return {
      matches: text => compiled.matcher(text).find(),
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
