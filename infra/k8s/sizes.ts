import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Demo } from '@lectern/local/state.ts'

/**
 * Measures what each process of a running `npm start` takes, for the sizes in the manifests:
 *
 *   node infra/k8s/sizes.ts <LECTERN_HOME> <streams at once> <streams in all> [kB of each prompt]
 *
 * Prints memory before, at most meanwhile and after (MiB), and CPU for each answer (ms). Linux only. Its course stays there.
 */
const [home = '.lectern', streams = '100', total = '1000', promptKb = '0'] = process.argv.slice(2)
const demo = JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8')) as Demo
const COURSE = `sizes-${Date.now()}`
const STUDENTS = 300
const SAMPLE_EVERY_MS = 500
/** A tick of Linux' process times. */
const TICK_MS = 10

const keys = await makeStudents()
const body = JSON.stringify({
  model: 'lectern-demo',
  stream: true,
  max_tokens: 64,
  messages: [{ role: 'user', content: `What is a monad? ${'x'.repeat(1024 * Number(promptKb))}` }],
})
const before = read()
const most = new Map<string, number>()
const sampling = setInterval(() => {
  for (const [name, { mib }] of read()) most.set(name, Math.max(most.get(name) ?? 0, mib))
}, SAMPLE_EVERY_MS)

const statuses = new Map<number, number>()
let asked = 0
const startMs = performance.now()
await Promise.all(Array.from({ length: Number(streams) }, ask))
const seconds = (performance.now() - startMs) / 1000
clearInterval(sampling)
const after = read()

process.stdout.write(`${seconds.toFixed(1)} s; answers by status: ${JSON.stringify([...statuses])}\n`)
for (const [name, { mib, cpuMs }] of after) {
  const was = before.get(name) ?? { mib: 0, cpuMs: 0 }
  const each = ((cpuMs - was.cpuMs) / Number(total)).toFixed(2)
  process.stdout.write(
    `${name.padEnd(14)} ${was.mib} -> ${most.get(name)} -> ${mib} MiB, ${each} ms an answer\n`,
  )
}

async function ask(): Promise<void> {
  while (asked < Number(total)) {
    const key = keys[asked++ % keys.length]
    const response = await fetch(`${demo.gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
    })
    await response.text()
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
  }
}

/** Memory and CPU of each process until now. */
function read(): Map<string, { mib: number; cpuMs: number }> {
  return new Map(
    Object.entries(demo.pids).map(([name, pid]) => {
      const kb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
      // After the name in brackets: the 12th and 13th field are the ticks in user and system mode.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return [name, { mib: kb >> 10, cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS }]
    }),
  )
}

async function makeStudents(): Promise<string[]> {
  const today = Temporal.Now.plainDateISO('UTC')
  await send('/api/courses', {
    id: COURSE,
    name: 'Sizes',
    timezone: 'UTC',
    startsOn: today.subtract({ days: today.dayOfWeek - 1 }).toString(),
    weeks: 1,
    weeklyTokens: 1_000_000_000,
    defaultMaxTokens: 1024,
    models: [],
    requestsPerMinute: 6000,
    parallelRequests: 50,
  })
  const people = Array.from({ length: STUDENTS }, (_, n) => ({ name: `S ${n}`, email: `s${n}@example.edu` }))
  const made = (await send(`/api/courses/${COURSE}/students`, people)) as { key: string }[]
  return made.map(({ key }) => key)
}

async function send(path: string, sent: object): Promise<unknown> {
  const response = await fetch(demo.consoleUrl + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(sent),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response.json()
}
