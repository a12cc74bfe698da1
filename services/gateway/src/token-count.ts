import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'

/**
 * How many tokens a text has, or at most has. Runs in the tokenizer's own thread. Merging the bytes of one piece of text
 * takes the square of its length: pieces are kept short, so that the time is in proportion to the text, whatever it says.
 */

/** The vocabularies that we have. */
export type Vocabulary = 'o200k' | 'cl100k'

type Encoding = typeof o200k | typeof cl100k

/** Each remembers the pieces it has merged; the library's 100,000 of any length would grow for weeks. */
const REMEMBERED_PIECES = 1000
for (const encoding of [o200k, cl100k]) encoding.setMergeCacheSize(REMEMBERED_PIECES)

/** What both vocabularies split a text into is shorter than this in every language: a longer run counts as its bytes. */
const LONG_RUN = /[\r\n/]{129,}|[\p{L}\p{M}]{129,}|[^\s\p{L}\p{N}]{129,}|\s{129,}/gu
/** A cut changes at most the pieces on its two sides, by a token or two each. */
const TOKENS_PER_CUT = 8

/** About how many tokens a text has. Names of special tokens in a student's text are text. */
export function estimateTokens(text: string): number {
  return count(o200k, text)
}

/** The most tokens that texts have, each on its own, under whichever of the vocabularies has most. */
export function boundTokens(texts: readonly string[], vocabularies: readonly Vocabulary[]): number {
  const encodings = { o200k, cl100k }
  const sums = vocabularies.map(vocabulary =>
    texts.reduce((sum, text) => sum + boundOf(encodings[vocabulary], text), 0),
  )
  return Math.max(...sums)
}

function count(encoding: Encoding, text: string): number {
  return encoding.countTokens(text, { disallowedSpecial: new Set() })
}

/** Exact, but for long runs without a space. */
function boundOf(encoding: Encoding, text: string): number {
  let tokens = 0
  let from = 0
  for (const { 0: run, index } of text.matchAll(LONG_RUN)) {
    tokens += count(encoding, text.slice(from, index)) + Buffer.byteLength(run) + TOKENS_PER_CUT
    from = index + run.length
  }
  return Math.min(tokens + count(encoding, text.slice(from)), Buffer.byteLength(text))
}
