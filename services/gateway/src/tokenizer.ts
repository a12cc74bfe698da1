import { Worker } from 'node:worker_threads'
import { inSpan, SpanKind } from '@lectern/shared/spans.ts'
import type { Vocabulary } from './token-count.ts'
import type { Question } from './tokenizer-worker.ts'

/**
 * Counts tokens where a provider reported none, or where a budget is too small for a bound in bytes. In a thread of its own:
 * loading the vocabularies takes a third of a second, and some texts take as long to count, during which no stream of this
 * process would move. The thread starts with the first text to be counted. Never fails and never takes long.
 */
export interface Tokenizer {
  /** About how many tokens the texts have, each on its own. */
  estimate(texts: readonly string[]): Promise<number[]>
  /**
   * Upper bound of all the tokens of the texts, every one of them counted; null when that would take too long, or a vocabulary
   * is none of ours. Of one owner one question is worked on at a time, so that nobody's long texts keep the others waiting.
   */
  bound(
    texts: readonly string[],
    vocabularies: readonly (Vocabulary | 'other')[],
    owner: string,
  ): Promise<number | null>
  close(): Promise<void>
}

/** For an estimate, of a longer text this much is counted, and the rest by proportion: some milliseconds. */
const ESTIMATED_CHARACTERS = 8192
/** Longest prompt that is counted: 30,000 tokens of English take 30 ms, the worst of texts a second. */
const MOST_CHARACTERS = 131_072
/** What each text costs beside its length, in characters: thousands of empty ones are work too. */
const TEXT_COST = 8
const TIMEOUT_MS = 2000
/** The first question includes loading the vocabularies: on a busy machine seconds, which are better than a wrong refusal. */
const LOADING_MS = 10_000
/** English has four bytes to a token, other languages and code fewer: rather too many tokens than too few. */
const BYTES_PER_TOKEN = 3

/** A tokenizer with a thread of its own. */
export function createTokenizer(): Tokenizer {
  let worker: Worker | undefined
  const waiting = new Map<number, (counts: number[] | null) => void>()
  const busy = new Map<string, Promise<unknown>>()
  let lastId = 0
  let isLoaded = false

  function giveUp(): void {
    for (const answer of waiting.values()) answer(null)
    worker = undefined
    isLoaded = false
  }

  function start(): Worker {
    const started = new Worker(new URL('./tokenizer-worker.ts', import.meta.url))
    started.unref()
    started.on('message', ({ id, counts }: { id: number; counts: number[] }) => {
      isLoaded = true
      waiting.get(id)?.(counts)
    })
    started.on('error', giveUp)
    return started
  }

  function ask(question: Omit<Question, 'id'>): Promise<number[] | null> {
    const leftMs = question.untilMs - Date.now()
    if (leftMs <= 0) return Promise.resolve(null)
    const { promise, resolve } = Promise.withResolvers<number[] | null>()
    const id = ++lastId
    const timer = setTimeout(() => resolve(null), leftMs)
    waiting.set(id, resolve)
    worker ??= start()
    worker.postMessage({ ...question, id })
    const counted = promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(id)
    })
    return inSpan('count tokens', { kind: SpanKind.INTERNAL }, () => counted)
  }

  return {
    async estimate(texts) {
      const samples = texts.map(text => text.slice(0, ESTIMATED_CHARACTERS))
      const counts = samples.every(sample => sample === '')
        ? texts.map(() => 0)
        : await ask({ texts: samples, bound: null, untilMs: Date.now() + TIMEOUT_MS })
      return texts.map((text, index) => {
        const counted = counts?.[index]
        if (counted === undefined) return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
        return text.length <= ESTIMATED_CHARACTERS
          ? counted
          : Math.ceil((counted * text.length) / ESTIMATED_CHARACTERS)
      })
    },
    async bound(texts, vocabularies, owner) {
      const ours = vocabularies.filter(vocabulary => vocabulary !== 'other')
      if (ours.length < vocabularies.length) return null
      if (texts.reduce((sum, text) => sum + text.length + TEXT_COST, 0) > MOST_CHARACTERS) return null
      const untilMs = Date.now() + (isLoaded ? TIMEOUT_MS : LOADING_MS)
      const before = busy.get(owner)
      const mine = Promise.resolve(before).then(() => ask({ texts, bound: ours, untilMs }))
      busy.set(owner, mine)
      const counts = await mine.finally(() => {
        if (busy.get(owner) === mine) busy.delete(owner)
      })
      return counts?.[0] ?? null
    },
    close: async () => void (await worker?.terminate()),
  }
}
