import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, Place } from '../../contenders/contender.ts'
import { type LecternContender, startLectern } from '../../contenders/lectern.ts'
import { startNginx } from '../../contenders/nginx.ts'
import { direct, startBare, startMock } from '../../contenders/others.ts'
import { startPortkey } from '../../contenders/portkey.ts'
import { type Generator, startGenerator } from '../../load/generator.ts'
import { pin } from '../../machine/pin.ts'

/** Everything that runs while a benchmark does. */
export interface Stage {
  place: Place
  mockPid: number
  generator: Generator
  direct: Contender
  lectern: LecternContender
}

/** Mock, generator and Lectern, each in processes of its own. */
export async function startStage(
  closing: AsyncDisposableStack,
  say: (line: string) => void,
  students?: number,
): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'lectern-bench-'))
  closing.defer(() => rm(dir, { recursive: true, force: true }))
  const mock = await startMock({ dir, closing })
  const generator = startGenerator(closing)
  pin(generator.pid, 'load')
  const place = { mockUrl: mock.url, dir, closing, say }
  const lectern = await startLectern(place, students)
  return { place, mockPid: mock.pid, generator, direct: direct(mock.url, mock.pid), lectern }
}

const OTHERS: Record<string, (place: Place) => Promise<Contender>> = {
  nginx: startNginx,
  bare: startBare,
  portkey: startPortkey,
}

/** The others that are wanted, by name. One that a machine cannot have is missing: the rest is compared all the same. */
export async function startOthers(
  { place }: Stage,
  wanted: string[] | undefined,
): Promise<{ others: Contender[]; missing: string[] }> {
  const others: Contender[] = []
  const missing: string[] = []
  for (const [name, start] of Object.entries(OTHERS)) {
    if (wanted && !wanted.includes(name)) continue
    try {
      others.push(await start(place))
    } catch (error) {
      missing.push(`${name} is missing: ${(error as Error).message}`)
      place.say(missing.at(-1) ?? '')
    }
  }
  return { others, missing }
}
