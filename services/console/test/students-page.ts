import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DemoProvider, startDemoProvider } from '@lectern/demo-provider/server.ts'
import type { Test } from '@lectern/shared/testing/servers.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import { Config as GatewayConfig } from '../../gateway/src/config.ts'
import { startGateway } from '../../gateway/src/service.ts'
import { type Browser, openBrowser } from './browser.ts'
import { COURSE } from './lectern.ts'
import { type Lectern, startLectern } from './real-services.ts'

/** All of Lectern, a gateway and a provider included: what the students' page needs. */
export interface Campus extends Lectern {
  provider: DemoProvider
  gatewayUrl: string
}

export const MODEL = 'lectern-demo'
const today = Temporal.Now.plainDateISO('UTC')
/** A course whose first week is now. */
export const RUNNING = { ...COURSE, timezone: 'UTC', startsOn: today.subtract({ days: 2 }).toString() }

export async function startCampus(t: Test, offered = [MODEL]): Promise<Campus> {
  const port = await freePort()
  const gatewayUrl = `http://127.0.0.1:${port}`
  const lectern = await startLectern(t, {
    console: { GATEWAY_URL: 'https://gateway.example.edu', GATEWAY_INTERNAL_URL: gatewayUrl },
  })
  const provider = await startDemoProvider({ port: 0, firstTokenMs: 5, chunkMs: 2 })
  t.teardown(() => provider.close())
  const folder = await mkdtemp(join(tmpdir(), 'lectern-campus-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'providers.json')
  const demo = { name: 'demo', kind: 'openai', baseUrl: `${provider.url}/v1` }
  const models = offered.map(name => ({ name, model: 'demo-small' }))
  await writeFile(file, JSON.stringify({ providers: [{ ...demo, models }] }))
  await startTestService(t, startGateway, GatewayConfig, {
    NATS_URL: (lectern.environment.NATS_URL ?? '').replace('//console:', '//gateway:'),
    PORT: String(port),
    LECTERN_PROVIDERS: file,
    SPOOL_DIR: join(folder, 'spool'),
  })
  return { ...lectern, provider, gatewayUrl }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** What `GET /api/me` answers. */
export interface MeBody {
  session: {
    student: { id: string; name: string; email: string; group: string | null }
    course: { id: string; models: string[] }
    key: { id: string; hint: string }
    csrf: string
  } | null
}

/** A browser of a student who has signed in with their key. */
export async function signIn(url: string, key: string): Promise<Browser> {
  const browser = openBrowser(url)
  const { status, body } = await browser.ask<MeBody>('POST /api/me/session', { key })
  if (status !== 200) throw new Error(JSON.stringify(body))
  browser.csrf = body.session?.csrf ?? ''
  return browser
}
