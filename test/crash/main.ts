import { parseArgs } from 'node:util'
import { seeded } from '../random.ts'
import { FAULTS, type Fault } from './faults.ts'
import { chooseFaults, openSession } from './session.ts'

/** `npm run test:crash -- --seconds 120 --seed 7`: faults as chance has it, each judged by the same oracle. */

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, seed: { type: 'string' } },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!Number.isInteger(seed) || !(seconds > 0)) throw new Error('--seconds and --seed take numbers')
const say = (line: string) => process.stdout.write(`${line}\n`)

// What was started stops by itself when this process is gone.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
await using stack = new AsyncDisposableStack()
say(`seed ${seed}, ${seconds} s`)
const session = await openSession({ teardown: fn => stack.defer(async () => void (await fn())) }, seed)
const random = seeded(seed)
const all: Fault[] = Object.values(FAULTS).filter(fault => fault !== FAULTS.postgresLong)
const endsAtMs = performance.now() + seconds * 1000
const done: Fault[][] = []
let [requests, denials, failed] = [0, 0, false]
while (!failed && performance.now() < endsAtMs) {
  const faults = done.length === 0 ? [FAULTS.postgresLong] : chooseFaults(all, done, random)
  const before = session.log.length
  const round = await session.round(faults)
  for (const line of session.log.slice(before)) say(line)
  done.push(faults)
  requests += round.requests
  denials += round.denials
  failed = round.complaints.length > 0
  for (const complaint of round.complaints.slice(0, 50)) say(`  ${complaint}`)
}
if (failed) say(`failed in round ${done.length}; the whole history:\n${session.log.join('\n')}`)
say(
  `${failed ? 'FAILED' : 'passed'}: seed ${seed}, ${done.length} rounds, ${requests} requests, ${denials} over budget`,
)
process.exitCode = failed ? 1 : 0
