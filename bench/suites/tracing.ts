import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Launched, launchLectern } from '@lectern/local/testing.ts'
import { createMeter, type Measured, type Meter } from '../machine/meter.ts'

/** What tracing costs: the whole of Lectern four times side by side, each with another share of its requests traced. */

const SHARES = ['off', '0.01', '0.1', '1'] as const
const SERVICES = ['gateway', 'quota', 'prompts', 'logger'] as const
const WARM_UP = 300
const REQUESTS = 1500
const TURN = 100
/** More than the demo course allows: it is not what is measured. */
const GENEROUS = {
  weeklyTokens: 1_000_000_000,
  requestsPerMinute: 100_000,
  parallelRequests: 100,
  tokensPerMinute: null,
}
/** Spans are sent this often (by default every five seconds), so that the cost of sending falls into the turn that it belongs to. */
const SEND_EVERY_MS = 200

interface System {
  share: (typeof SHARES)[number]
  lectern: Launched
  meter: Meter
}

export async function tracing(args: string[], say: (line: string) => void): Promise<string> {
  const requests = args.includes('--small') ? TURN : REQUESTS
  await using closing = new AsyncDisposableStack()
  const endpoint = await startCollector(closing)
  const systems: System[] = []
  for (const share of SHARES) {
    say(`starting Lectern with tracing ${share === 'off' ? 'off' : `of ${percent(share)}`}`)
    systems.push(await startSystem(share, endpoint, closing))
  }
  say('measuring')
  for (const { lectern } of systems) await createMeter({}).run(tasksOf(lectern, WARM_UP))
  for (let from = 0; from < requests; from += TURN) {
    for (const { lectern, meter } of systems) {
      await meter.run(tasksOf(lectern, Math.min(TURN, requests - from)), () => delay(2 * SEND_EVERY_MS))
    }
  }
  return comparison(systems.map(({ share, meter }) => ({ share, measured: meter.result() })))
}

/** Takes spans and forgets them. */
async function startCollector(closing: AsyncDisposableStack): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200).end())
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  closing.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function startSystem(
  share: System['share'],
  endpoint: string,
  closing: AsyncDisposableStack,
): Promise<System> {
  const traced = {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_SAMPLER_ARG: share,
    OTEL_BSP_SCHEDULE_DELAY: String(SEND_EVERY_MS),
  }
  const lectern = await launchLectern({ env: share === 'off' ? {} : traced })
  closing.defer(async () => void (await lectern.stop()))
  const { consoleUrl, adminToken, course, pids } = lectern.demo
  const answer = await fetch(`${consoleUrl}/api/courses/${course?.id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(GENEROUS),
  })
  if (!answer.ok) throw new Error(`the course cannot be set: ${await answer.text()}`)
  const meter = createMeter(Object.fromEntries(SERVICES.map(name => [name, pids[name] ?? 0])))
  return { share, lectern, meter }
}

/** Short streamed answers: the cost of a request, not of its text. */
function tasksOf({ demo }: Launched, count: number): (() => Promise<void>)[] {
  const ask = async (student: number) => {
    const response = await fetch(`${demo.gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${demo.students[student % demo.students.length]?.key}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        model: 'lectern-demo',
        stream: true,
        messages: [{ role: 'user', content: 'Name a prime. [[demo: tokens=20 first=5 gap=2]]' }],
      }),
    })
    const text = await response.text()
    if (!text.includes('[DONE]')) throw new Error(`no answer: ${response.status} ${text}`)
  }
  return Array.from({ length: count }, (_, at) => () => ask(at))
}

function comparison(systems: { share: string; measured: Measured }[]): string {
  const [off] = systems
  const row = (title: string, of: (measured: Measured) => number) => {
    const base = off ? of(off.measured) : Number.NaN
    const cells = systems.map(({ measured }, at) => {
      const value = of(measured)
      return at === 0 ? `${value.toFixed(2)} ms` : `${value.toFixed(2)} ms (${(value / base).toFixed(2)})`
    })
    return `| ${title} | ${cells.join(' | ')} |`
  }
  const cpuOf = (measured: Measured, names: readonly string[]) =>
    names.reduce((sum, name) => sum + (measured.cpuMs[name] ?? 0), 0)
  const titles = systems.map(({ share }) =>
    share === 'off' ? 'off' : percent(share) + (share === '0.1' ? ' (default)' : ''),
  )
  return [
    `Milliseconds for one short streamed answer, ${off?.measured.requests} of them in each system; in brackets: to that without tracing. Metrics are always on.`,
    '',
    `| traced | ${titles.join(' | ')} |`,
    `|---|${systems.map(() => '---:|').join('')}`,
    row('**CPU of all services**', measured => cpuOf(measured, SERVICES)),
    ...SERVICES.map(name => row(`CPU of ${name}`, measured => cpuOf(measured, [name]))),
    row('answer, p50', measured => measured.p50Ms),
    '',
  ].join('\n')
}

const percent = (share: string) => `${Number(share) * 100} %`
