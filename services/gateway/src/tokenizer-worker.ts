import { parentPort } from 'node:worker_threads'
import { boundTokens, estimateTokens, type Vocabulary } from './token-count.ts'

/** A question to the thread: an estimate for each text, or one bound for all of them. */
export interface Question {
  id: number
  /** Epoch milliseconds: after this nobody waits for the answer. */
  untilMs: number
  texts: readonly string[]
  /** Null: an estimate. */
  bound: readonly Vocabulary[] | null
}

/** The thread behind tokenizer.ts. The vocabulary of GPT-4o and later stands for all in estimates: within some percent. */
parentPort?.on('message', ({ id, untilMs, texts, bound }: Question) => {
  if (Date.now() > untilMs) return
  const counts = bound ? [boundTokens(texts, bound)] : texts.map(estimateTokens)
  parentPort?.postMessage({ id, counts })
})
