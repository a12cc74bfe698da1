import { join } from 'node:path'
import { setInboxPrefix } from '@lectern/shared/nats/questions.ts'
import { startTestServers, type Test } from '@lectern/shared/testing/servers.ts'
import { connect, type NatsConnection } from '@nats-io/transport-node'

/** The users of infra/nats.conf, one for each service; `ops` may do everything. */
export const USERS = ['gateway', 'quota', 'prompts', 'logger', 'console'] as const
export type User = (typeof USERS)[number]

/** A connection with the rights of one user, and what the server has refused to it. */
export interface BusUser {
  nc: NatsConnection
  /** The subjects that were refused since it was asked last. */
  refused(): Promise<string[]>
}

/** A bus with the users and rights of infra/nats.conf; answers how to connect as one of them. */
export async function startBus(t: Test): Promise<{
  servers: string
  connectAs(user: User | 'ops'): Promise<BusUser>
}> {
  const env = Object.fromEntries(
    [...USERS, 'ops'].map(user => [`NATS_${user.toUpperCase()}_PASSWORD`, passwordOf(user)]),
  )
  const config = join(import.meta.dirname, '..', 'infra', 'nats.conf')
  const { natsUrl } = await startTestServers(t, { nats: { config, env } })
  const servers = natsUrl.replace('nats://', '')
  return {
    servers,
    async connectAs(user) {
      const inboxPrefix = `_INBOX_${user}`
      const nc = await connect({ servers, user, pass: passwordOf(user), inboxPrefix, reconnect: false })
      setInboxPrefix(nc, inboxPrefix)
      t.teardown(() => nc.close())
      return { nc, refused: listen(nc) }
    },
  }
}

export function passwordOf(user: string): string {
  return `of-${user}`
}

function listen(nc: NatsConnection): () => Promise<string[]> {
  const errors: string[] = []
  void (async () => {
    for await (const status of nc.status()) if (status.type === 'error') errors.push(String(status.error))
  })()
  return async () => {
    await nc.flush()
    // The refusals come before the answer to the flush; their events are delivered after it.
    await new Promise(resolve => setTimeout(resolve, 20))
    return errors.splice(0).flatMap(text => /"([^"]+)"/.exec(text)?.[1] ?? [text])
  }
}
