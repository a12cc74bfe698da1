import { parentPort } from 'node:worker_threads'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

/** The thread behind tokenizer.ts. The vocabulary of GPT-4o and later stands for all: within some percent of the others. */
parentPort?.on('message', ({ id, samples }: { id: number; samples: string[] }) => {
  // Names of special tokens in a student's text are text.
  const counts = samples.map(sample => countTokens(sample, { disallowedSpecial: new Set() }))
  parentPort?.postMessage({ id, counts })
})
