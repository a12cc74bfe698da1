import { Worker } from 'node:worker_threads'

/**
 * Counts tokens where a provider reported none. In a thread of its own: loading the vocabulary takes a third of a second,
 * and some texts take as long to count, during which no stream of this process would move. The thread starts with the
 * first text to be counted.
 */
export interface Tokenizer {
  /** About how many tokens the texts have, each on its own. Never fails and never takes long. */
  count(texts: readonly string[]): Promise<number[]>
  close(): Promise<void>
}

/** Of a longer text this much is counted, and the rest by proportion: a few milliseconds whatever its length. */
const COUNTED_CHARACTERS = 8192
/** The first answer includes loading the vocabulary. */
const TIMEOUT_MS = 2000
/** English has four bytes to a token, other languages and code fewer: rather too many tokens than too few. */
const BYTES_PER_TOKEN = 3

/** A tokenizer with a thread of its own. */
export function createTokenizer(): Tokenizer {
  let worker: Worker | undefined
  const waiting = new Map<number, (counts: number[] | null) => void>()
  let lastId = 0

  function giveUp(): void {
    for (const answer of waiting.values()) answer(null)
    worker = undefined
  }

  function start(): Worker {
    const started = new Worker(new URL('./tokenizer-worker.ts', import.meta.url))
    started.unref()
    started.on('message', ({ id, counts }: { id: number; counts: number[] }) => waiting.get(id)?.(counts))
    started.on('error', giveUp)
    return started
  }

  function ask(samples: string[]): Promise<number[] | null> {
    const { promise, resolve } = Promise.withResolvers<number[] | null>()
    const id = ++lastId
    const timer = setTimeout(() => resolve(null), TIMEOUT_MS)
    waiting.set(id, resolve)
    worker ??= start()
    worker.postMessage({ id, samples })
    return promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(id)
    })
  }

  return {
    async count(texts) {
      const samples = texts.map(text => text.slice(0, COUNTED_CHARACTERS))
      const counts = samples.every(sample => sample === '') ? texts.map(() => 0) : await ask(samples)
      return texts.map((text, index) => {
        const counted = counts?.[index]
        if (counted === undefined) return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
        return text.length <= COUNTED_CHARACTERS
          ? counted
          : Math.ceil((counted * text.length) / COUNTED_CHARACTERS)
      })
    },
    close: async () => void (await worker?.terminate()),
  }
}
