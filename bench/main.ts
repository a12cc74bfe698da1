import { facts } from './machine/facts.ts'
import { BENCHMARKS, type Entry } from './registry.ts'
import { replaceSection } from './report/results.ts'

/** `npm run bench [name...] [-- --small]`: runs the benchmarks and writes what they say into RESULTS.md. */

const args = process.argv.slice(2)
const began = performance.now()
const say = (line: string) =>
  process.stderr.write(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${line}\n`)

for (const { title, run, forgotten } of chosen(args.filter(arg => !arg.startsWith('-')))) {
  say(title)
  const text = `## ${title}\n\n${facts()}\n\n${await run(args, say)}`
  process.stdout.write(`\n${text}\n`)
  if (!forgotten && !args.includes('--small')) replaceSection(title, text)
}

/** Those that are named, or all that are not for being run alone. */
function chosen(names: string[]): Entry[] {
  const [first = ''] = names
  if (BENCHMARKS[first]?.alone) return [BENCHMARKS[first]]
  const unknown = names.filter(name => !BENCHMARKS[name])
  if (unknown.length > 0) {
    const known = Object.keys(BENCHMARKS).join(', ')
    process.stderr.write(`no such benchmark: ${unknown.join(', ')}; there is ${known}\n`)
    process.exit(2)
  }
  return Object.entries(BENCHMARKS)
    .filter(([name, { alone }]) => (names.length > 0 ? names.includes(name) : !alone))
    .map(([, entry]) => entry)
}
