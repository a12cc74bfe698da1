import { setTimeout as delay } from 'node:timers/promises'
import { withNewGateway } from '../../contenders/more-gateways.ts'
import { raiseOpenFiles } from '../../machine/limits.ts'
import { memoriesKb } from '../../machine/processes.ts'
import { planOf, type Results } from './measurement.ts'
import { openStreams, short } from './scenarios.ts'
import type { Stage } from './stage.ts'

/** A gateway has two connections for each stream, and some files besides. */
const SPARE_FILES = 200
const QUICK = { users: 50, rampMs: 200, seconds: 1 }
const LAST_LOOK_MS = 500

/** Memory of a new gateway for each stream that is open, above what it has when it has answered some requests. */
export async function measureOpenStreams(
  { generator, mockPid, place, lectern: first }: Stage,
  quick: boolean,
  results: Results,
): Promise<string> {
  await using closing = new AsyncDisposableStack()
  const lectern = await withNewGateway(first, { ...place, closing })
  const { gateway = 0 } = lectern.pids
  const [files = 0] = [gateway, mockPid, generator.pid].map(raiseOpenFiles)
  const most = Math.floor((files - SPARE_FILES) / 2)
  const wanted = quick ? QUICK : { ...openStreams.load, seconds: openStreams.seconds }
  const users = Math.min(wanted.users ?? 0, most)
  place.say(`streams: opening ${users}`)
  await generator.run(planOf(lectern, short, wanted.seconds / 10, true))
  const before = memoriesKb(lectern.pids)
  const scenario = { ...openStreams, load: { ...openStreams.load, ...wanted, users } }
  const running = generator.run(planOf(lectern, scenario, wanted.seconds))
  await delay(wanted.seconds * 1000 - LAST_LOOK_MS)
  const during = memoriesKb(lectern.pids)
  const outcome = await running
  await lectern.settled?.()
  results.streams = [
    { contender: lectern.name, outcome, cpuMs: {}, peakKb: aboveIdle(before, during), neighbourCores: 0 },
  ]
  const each = Object.entries(aboveIdle(before, during)).map(
    ([name, kb]) => `${name} ${(kb / Math.max(1, outcome.open)).toFixed(1)} kB`,
  )
  const errors = Object.entries(outcome.errors).map(([error, count]) => `${count} × ${error}`)
  return [
    `### ${openStreams.title}`,
    '',
    `${outcome.open.toLocaleString('en')} of ${users.toLocaleString('en')} streams open at once; errors: ${errors.join(', ') || 'none'}.`,
    `Memory above idle for each: ${each.join(', ')}.`,
  ].join('\n')
}

function aboveIdle(before: Record<string, number>, during: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(during).map(([name, kb]) => [name, kb - (before[name] ?? 0)]))
}
