import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startDemoProvider } from '@lectern/demo-provider/server.ts'
import { launchLectern } from '@lectern/local/testing.ts'
import type { Test } from '@lectern/shared/testing/servers.ts'
import OpenAI from 'openai'
import pg from 'pg'

/** The whole system as a user starts it, in front of a scripted provider that the test can look into. */
export type System = Awaited<ReturnType<typeof startSystem>>

export interface Student {
  id: string
  name: string
  key: string
}

/** The only model of the course. */
export const MODEL = 'test-model'

export interface SystemOptions {
  env?: NodeJS.ProcessEnv
  /** Settings of the demo course that differ from the seeded ones. */
  course?: object
  /** Names of the providers that serve the model; behind each of them is the scripted one. */
  providers?: [string, ...string[]]
  /** What the providers file says of each of them beside its address. */
  provider?: object
  /** And of its model. */
  model?: object
}

export async function startSystem(
  t: Test,
  { env = {}, course, providers = ['scripted'], provider: settings = {}, model = {} }: SystemOptions = {},
) {
  const provider = await startDemoProvider({ port: 0, firstTokenMs: 5, chunkMs: 1 })
  t.teardown(() => provider.close())
  const folder = await mkdtemp(join(tmpdir(), 'lectern-system-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const providersFile = join(folder, 'providers.yaml')
  await writeFile(providersFile, providersYaml(providers, provider.url, settings, model))
  const lectern = await launchLectern({ env: { LECTERN_PROVIDERS: providersFile, ...env } })
  t.teardown(() => lectern.stop())
  const { demo } = lectern

  /** Calls the staff's API; answers the parsed body, throws what is not 2xx. */
  async function staff<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<T> {
    const response = await fetch(demo.consoleUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${demo.adminToken}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text || 'null')
  }
  if (course) await staff('PATCH', '/api/courses/demo', course)

  return {
    ...lectern,
    provider,
    providersFile,
    /** What was set for its services, for replicas that a test adds. */
    env,
    staff,
    /** New students of the demo course, with their keys. */
    enroll: (names: string[]) =>
      staff<Student[]>(
        'POST',
        '/api/courses/demo/students',
        names.map(name => ({ name, email: `${name}@example.edu` })),
      ),
    /** The official client of one of the demo students; by default it does not retry by itself. */
    client: (student = 0, options: { baseURL?: string; maxRetries?: number } = {}) =>
      new OpenAI({
        apiKey: demo.students[student]?.key ?? '',
        baseURL: `${demo.gatewayUrl}/v1`,
        maxRetries: 0,
        ...options,
      }),
    async database(): Promise<pg.Client> {
      const client = new pg.Client({ connectionString: demo.databaseUrl })
      await client.connect()
      t.teardown(() => client.end())
      return client
    },
  }
}

function providersYaml(names: string[], providerUrl: string, settings: object, model: object): string {
  return JSON.stringify({
    providers: names.map(name => ({
      name,
      kind: 'openai',
      baseUrl: `${providerUrl}/v1`,
      ...settings,
      models: [{ name: MODEL, model: 'demo-small', ...model }],
    })),
  })
}

/** Asks until the answer is yes; fails the test after the time. */
export async function until(holds: () => Promise<boolean>, what: string, timeoutMs = 20_000): Promise<void> {
  const giveUpAtMs = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) throw new Error(`never came true: ${what}`)
    await delay(50)
  }
}

/** The record of a request, when the logger has it. */
export async function recordOf<T = Record<string, unknown>>(
  system: System,
  requestId: string | null,
): Promise<T> {
  let record: T | undefined
  await until(async () => {
    record = await system.staff<T>('GET', `/api/conversations/${requestId}`).catch(() => undefined)
    return record !== undefined
  }, `the record of ${requestId} is stored`)
  return record as T
}

/** A user's message for the scripted provider. */
export function ask(text: string, directive = '') {
  return [{ role: 'user' as const, content: directive ? `${text} [[demo: ${directive}]]` : text }]
}
