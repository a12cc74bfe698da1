import { styleText } from 'node:util'

export type Say = (line: string) => void

/** Speaks to the user. Colours appear on a terminal only. */
export const say: Say = line => {
  process.stdout.write(`${line}\n`)
}

/** Does one step of the start, and says when it is done and how long it took. */
export async function timed<T>(say: Say, title: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  say(`  ${styleText('green', '✓')} ${title.padEnd(16)}${styleText('dim', `${seconds} s`)}`)
  return result
}
