import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { besideInitdb, findServer } from '@lectern/local/binaries.ts'
import { conversations } from './conversations.ts'
import { scale } from './scale.ts'
import { tracing } from './tracing.ts'

/** `npm run bench [name...] [-- --small]`: runs the benchmarks and writes what they say into RESULTS.md. */

type Benchmark = (args: string[], say: (line: string) => void) => Promise<string>
const BENCHMARKS: Record<string, { title: string; run: Benchmark }> = {
  conversations: { title: 'Conversations: do staff wait when five million are kept?', run: conversations },
  scale: { title: 'Scale: does a request cost more among a million students?', run: scale },
  tracing: { title: 'Tracing: what does it cost to see every hop?', run: tracing },
}
const RESULTS = new URL('RESULTS.md', import.meta.url)

const args = process.argv.slice(2)
const names = args.filter(arg => !arg.startsWith('-'))
const unknown = names.filter(name => !BENCHMARKS[name])
if (unknown.length > 0) {
  process.stderr.write(
    `no such benchmark: ${unknown.join(', ')}; there is ${Object.keys(BENCHMARKS).join(', ')}\n`,
  )
  process.exit(2)
}
const began = performance.now()
const say = (line: string) =>
  process.stderr.write(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${line}\n`)
for (const [name, { title, run }] of Object.entries(BENCHMARKS)) {
  if (names.length > 0 && !names.includes(name)) continue
  say(title)
  const text = `## ${title}\n\n${machine()}\n\n${await run(args, say)}`
  process.stdout.write(`\n${text}\n`)
  if (!args.includes('--small')) replaceSection(title, text)
}

/** Each benchmark has its section, which its own next run replaces. */
function replaceSection(title: string, text: string): void {
  const head =
    '# Results\n\nMade by `npm run bench`; a run replaces its own section. Numbers of one machine on one day: compare ratios.\n'
  const old = tryToRead()
    .split(/^(?=## )/m)
    .filter(part => part.startsWith('## ') && !part.startsWith(`## ${title}`))
  const sections = [head, ...old, text].map(section => section.trim())
  writeFileSync(RESULTS, `${sections.join('\n\n')}\n`)
}

function tryToRead(): string {
  try {
    return readFileSync(RESULTS, 'utf8')
  } catch {
    return ''
  }
}

function machine(): string {
  const version = (program: string | undefined, flag: string) =>
    program ? execFileSync(program, [flag], { encoding: 'utf8' }).trim().split('\n')[0] : 'unknown'
  const initdb = findServer('postgres')
  const [cpu] = cpus()
  return [
    `${new Date().toISOString().slice(0, 10)}, commit ${commit()}`,
    `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.version}`,
    version(findServer('redis'), '--version')?.split(' sha=')[0],
    version(initdb && besideInitdb(initdb, 'postgres'), '--version'),
    version(findServer('nats'), '--version'),
  ].join('; ')
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
}
