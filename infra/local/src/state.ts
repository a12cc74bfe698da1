import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A student of the demo course, with the key that is shown once and kept here. */
export interface DemoStudent {
  id: string
  name: string
  key: string
}

/** What `.lectern/demo.json` says: how to reach the running system, for people, scripts and tests. */
export interface Demo {
  gatewayUrl: string
  consoleUrl: string
  /** The operator's doors of the services: `/metrics`, `/readyz`. */
  opsUrls: Record<string, string>
  adminToken: string
  /** Where the first admin chooses a password, once; null: there is one. */
  setupUrl: string | null
  course: { id: string } | null
  students: DemoStudent[]
  natsUrl: string
  redisUrl: string
  databaseUrl: string
  pids: Record<string, number>
}

/** Writes JSON that only its owner can read; a reader sees the old or the new file, never a half. */
export async function writePrivately(path: string, content: unknown): Promise<void> {
  const unfinished = `${path}.${process.pid}.new`
  await writeFile(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(unfinished, path)
}

/** Keeps `demo.json` true from the moment when everything is ready until everything is stopped. */
export class DemoFile {
  readonly path: string
  #demo: Demo | undefined
  #writing: Promise<void>

  constructor(home: string) {
    this.path = join(home, 'demo.json')
    // What an earlier run wrote is not true any more.
    this.#writing = rm(this.path, { force: true })
  }

  /** Everything is ready. */
  async publish(demo: Demo): Promise<void> {
    this.#demo = demo
    await this.#write()
  }

  /** Processes were started or have ended. */
  async update(pids: Record<string, number>): Promise<void> {
    if (!this.#demo) return this.#writing
    this.#demo = { ...this.#demo, pids }
    await this.#write()
  }

  /** One write after the other: two at once could leave the older one. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => writePrivately(this.path, this.#demo))
    return this.#writing
  }
}
