import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Slab } from '../../packages/shared/src/slab.ts'
import { rounded } from './fastest.ts'

/** What it costs to remember what comes and goes with every request: in a Map or Set, or in a Slab; or to give it a getter. */

const AT_ONCE = 100
const ROUNDS = 10_000

/** Remembers one thing; answers how to forget it. */
type Keep = (thing: object) => () => void

const KEPT: Record<string, () => Keep> = {
  nowhere: () => () => () => undefined,
  'in a Slab': () => {
    const slab = new Slab<object>()
    return thing => {
      const place = slab.add(thing)
      return () => slab.remove(place)
    }
  },
  'nowhere, but a getter gives it': () => thing => {
    const journey = {
      get thing() {
        return thing
      },
    }
    return () => void journey
  },
  'in a Map': () => {
    const map = new Map<number, object>()
    let count = 0
    return thing => {
      const name = count++
      map.set(name, thing)
      return () => map.delete(name)
    }
  },
  'in a Set': () => {
    const set = new Set<object>()
    return thing => {
      set.add(thing)
      return () => set.delete(thing)
    }
  },
}

/** Answers a table in Markdown. */
export async function churn(_args: string[], say: (line: string) => void): Promise<string> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const rows: string[] = []
  for (const [where, make] of Object.entries(KEPT)) {
    const row = `| ${where} | ${rounded(await nsOf(make(), collect))} ns |`
    rows.push(row)
    say(`churn: ${row}`)
  }
  return [
    `Things of 1 kB, ${AT_ONCE} at a time, each for one turn of the event loop, after one collection of the whole heap: processor time for each, that of the collections included.`,
    '',
    '| kept | for one |',
    '|---|---:|',
    ...rows,
    '',
  ].join('\n')
}

async function nsOf(keep: Keep, collect: () => void): Promise<number> {
  const round = async () => {
    const forget = Array.from({ length: AT_ONCE }, () => keep({ content: new Array(120).fill(0) }))
    await turn()
    for (const each of forget) each()
  }
  const things = Array.from({ length: AT_ONCE / 2 }, () => keep({}))
  // From here on what is there is old, as in any process that has run for some minutes.
  collect()
  for (const each of things) each()
  const before = process.cpuUsage()
  for (let count = 0; count < ROUNDS; count++) await round()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / (ROUNDS * AT_ONCE)
}
