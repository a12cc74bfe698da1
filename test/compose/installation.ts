import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@lectern/local/ports.ts'
import { docker, findCompose, PROJECT, run } from './engine.ts'

/** What a service's container is, as the engine tells it. */
export interface Container {
  Id: string
  Image: string
  Config: { Image: string; User: string }
  HostConfig: {
    ReadonlyRootfs: boolean
    Privileged: boolean
    CapDrop: string[] | null
    SecurityOpt: string[] | null
    Memory: number
    RestartPolicy: { Name: string }
    LogConfig: { Config: Record<string, string> }
    PortBindings: Record<string, { HostIp: string; HostPort: string }[]> | null
  }
  State: { Status: string; StartedAt: string; Health?: { Status: string } }
}

/** An installation of its own, as an operator makes one: a folder with the compose file, passwords, containers, volumes. */
export type Installation = Awaited<ReturnType<typeof install>>

/** Copies what an operator copies, writes passwords, and starts nothing yet. */
export async function install(image: string) {
  const folder = await mkdtemp(join(tmpdir(), 'lectern-compose-'))
  await cp(join(PROJECT, 'docker-compose.yml'), join(folder, 'docker-compose.yml'))
  for (const part of ['compose', 'nats.conf', 'backup', 'observability']) {
    await cp(join(PROJECT, 'infra', part), join(folder, 'infra', part), { recursive: true })
  }
  await rm(join(folder, 'infra', 'compose', 'providers.env'), { force: true })
  const [students, staff] = [await freePort(), await freePort()]
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    COMPOSE_PROJECT_NAME: `lectern-test-${process.pid}`,
    COMPOSE_PROFILES: 'demo',
    LECTERN_IMAGE: image,
    GATEWAY_ADDRESS: `127.0.0.1:${students}`,
    CONSOLE_ADDRESS: `127.0.0.1:${staff}`,
  }
  const script = (path: string, ...args: string[]) => run('sh', [path, ...args], { cwd: folder, env })
  await script('infra/compose/make-env.sh')
  const secrets = parseEnv(await readFile(join(folder, '.env'), 'utf8'))
  const [command, ...first] = (await findCompose()) ?? ['docker', 'compose']
  const compose = (...args: string[]) => run(command, [...first, ...args], { cwd: folder, env })

  const containers = async (...services: string[]): Promise<Container[]> => {
    const ids = (await compose('ps', '-q', ...services)).split('\n').filter(Boolean)
    return ids.length > 0 ? JSON.parse(await docker('inspect', ...ids)) : []
  }
  return {
    folder,
    /** Its environment; a test that changes the image changes it here. */
    env,
    secrets,
    gatewayUrl: `http://127.0.0.1:${students}`,
    consoleUrl: `http://127.0.0.1:${staff}`,
    compose,
    /** Runs one of its scripts. */
    script,
    containers,
    /** One question to the database, as its administrator; rows and columns as psql writes them unaligned. */
    sql: async (question: string) => {
      const args = ['psql', '-h', '127.0.0.1', '-U', 'lectern', '-At', '-c', question]
      return (await compose('exec', '-T', 'postgres', ...args)).trim()
    },
    /** Removes its containers, volumes and folder. */
    async remove() {
      await compose('down', '--volumes', '--remove-orphans', '--timeout', '5')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function parseEnv(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^(\w+)=(.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
}
