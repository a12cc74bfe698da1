import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'

/**
 * How many tokens a text has, or at most has. Runs in the tokenizer's own thread. Merging the bytes of one piece of text
 * takes the square of its length: pieces are kept short, so that the time is in proportion to the text, whatever it says.
 */

/** `other`: a vocabulary that we do not have. */
export type Vocabulary = 'o200k' | 'cl100k' | 'other'

type Encoding = typeof o200k | typeof cl100k

/** Each remembers the pieces it has merged; the library's 100,000 of any length would grow for weeks. */
const REMEMBERED_PIECES = 1000
for (const encoding of [o200k, cl100k]) encoding.setMergeCacheSize(REMEMBERED_PIECES)

/** What both vocabularies split a text into is shorter than this in every language: a longer run counts as its bytes. */
const LONG_RUN = /[\r\n/]{129,}|[\p{L}\p{M}]{129,}|[^\s\p{L}\p{N}]{129,}|\s{129,}/gu
/** A cut changes at most the pieces on its two sides, by a token or two each. */
const TOKENS_PER_CUT = 8

const WORD = / ?[\p{L}\p{M}]+/gu
const LONGEST_WORD = 64
/** Vocabularies of 32,000 tokens take about a third more than the larger of ours for English and for names. */
const MARGIN = 1.5

/** About how many tokens a text has. Names of special tokens in a student's text are text. */
export function estimateTokens(text: string): number {
  return count(o200k, text)
}

/** The most tokens that texts have, each on its own, under whichever of the vocabularies has most. */
export function boundTokens(texts: readonly string[], vocabularies: readonly Vocabulary[]): number {
  const boundOf = {
    o200k: (text: string) => boundKnown(o200k, text),
    cl100k: (text: string) => boundKnown(cl100k, text),
    other: boundOther,
  }
  const sums = vocabularies.map(vocabulary => texts.reduce((sum, text) => sum + boundOf[vocabulary](text), 0))
  return Math.ceil(Math.max(...sums))
}

function count(encoding: Encoding, text: string): number {
  return encoding.countTokens(text, { disallowedSpecial: new Set() })
}

/** Exact, but for long runs without a space. */
function boundKnown(encoding: Encoding, text: string): number {
  let tokens = 0
  let from = 0
  for (const { 0: run, index } of text.matchAll(LONG_RUN)) {
    tokens += count(encoding, text.slice(from, index)) + Buffer.byteLength(run) + TOKENS_PER_CUT
    from = index + run.length
  }
  return Math.min(tokens + count(encoding, text.slice(from)), Buffer.byteLength(text))
}

/**
 * Bytes, but for words: those have at most half as many tokens again as in the larger of our vocabularies, and at least one
 * for each letter outside ASCII. Digits and signs, which others do not join as ours do, keep a token for each byte.
 */
function boundOther(text: string): number {
  const known = new Map<string, number>()
  let tokens = Buffer.byteLength(text)
  for (const [word] of text.matchAll(WORD)) {
    tokens -= Buffer.byteLength(word) - known.getOrInsertComputed(word, boundOfWord)
  }
  return tokens
}

function boundOfWord(word: string): number {
  const bytes = Buffer.byteLength(word)
  if (word.length > LONGEST_WORD) return bytes
  const letters = word.match(/[^\0-\x7f]/gu)?.length ?? 0
  return Math.min(bytes, Math.max(letters, MARGIN * Math.max(count(o200k, word), count(cl100k, word))))
}
