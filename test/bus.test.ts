import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Call } from '@lectern/shared/contracts/call.ts'
import { LOG_LEVEL_CHANGE, PROMPTS_CHANGED, RECORD_COMPLETED } from '@lectern/shared/contracts/subjects.ts'
import { startTestServers } from '@lectern/shared/testing/servers.ts'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import t from 'tap'

/** infra/nats.conf grants each service exactly what the contracts say, and nothing of another's. */

const USERS = ['gateway', 'quota', 'prompts', 'logger', 'console'] as const
type User = (typeof USERS)[number]

const root = join(import.meta.dirname, '..')
const env = Object.fromEntries(
  [...USERS, 'ops'].map(user => [`NATS_${user.toUpperCase()}_PASSWORD`, `of-${user}`]),
)
const { natsUrl } = await startTestServers(t, { nats: { config: join(root, 'infra', 'nats.conf'), env } })

async function contractSubjects(): Promise<string[]> {
  const folder = join(root, 'packages', 'shared', 'src', 'contracts')
  const modules = await Promise.all(readdirSync(folder).map(file => import(join(folder, file))))
  return modules
    .flatMap(module => Object.values(module))
    .filter(
      (value): value is Call =>
        typeof value === 'object' && value !== null && 'subject' in value && 'reply' in value,
    )
    .map(call => call.subject)
}

/** Who asks the gateway's questions; all other calls are the console's. */
const ASKED_BY_GATEWAY = [
  'quota.reserve',
  'quota.release',
  'quota.authenticate',
  'quota.balance',
  'quota.provider-keys.put',
  'quota.provider-keys.list',
  'quota.provider-keys.remove',
  'prompts.resolve',
]
const askerOf = (subject: string): User => (ASKED_BY_GATEWAY.includes(subject) ? 'gateway' : 'console')
const ownerOf = (subject: string): User =>
  ({ quota: 'quota', prompts: 'prompts', conversations: 'logger' })[subject.split('.')[0] ?? ''] as User

async function connectAs(user: User): Promise<{ nc: NatsConnection; refused: () => Promise<string[]> }> {
  const nc = await connect({
    servers: natsUrl.replace('nats://', ''),
    user,
    pass: `of-${user}`,
    reconnect: false,
  })
  t.teardown(() => nc.close())
  const errors: string[] = []
  void (async () => {
    for await (const status of nc.status()) if (status.type === 'error') errors.push(String(status.error))
  })()
  return {
    nc,
    async refused() {
      await nc.flush()
      // The refusals come before the answer to the flush; their events are delivered after it.
      await new Promise(resolve => setTimeout(resolve, 20))
      return errors.flatMap(text => /"([^"]+)"/.exec(text)?.[1] ?? [text])
    },
  }
}

t.test('each user may send exactly what its service sends', async t => {
  const subjects = [
    ...(await contractSubjects()),
    PROMPTS_CHANGED,
    LOG_LEVEL_CHANGE,
    RECORD_COMPLETED,
    'deadletter.other',
    '$JS.API.STREAM.DELETE.RECORDS',
  ]
  t.ok(subjects.length > 30)
  const broadcasts: Record<string, User> = {
    [RECORD_COMPLETED]: 'gateway',
    [PROMPTS_CHANGED]: 'prompts',
    [LOG_LEVEL_CHANGE]: 'console',
  }
  const senderOf = (subject: string): User | undefined =>
    broadcasts[subject] ?? (ownerOf(subject) && askerOf(subject))
  for (const user of USERS) {
    const { nc, refused } = await connectAs(user)
    for (const subject of subjects) nc.publish(subject, '{}')
    const expected = subjects.filter(subject => senderOf(subject) !== user)
    t.same((await refused()).sort(), expected.sort(), user)
  }
})

t.test('each user may hear only what is addressed to its service', async t => {
  const subjects = await contractSubjects()
  for (const user of USERS) {
    const { nc, refused } = await connectAs(user)
    const foreign = [
      ...subjects.filter(subject => ownerOf(subject) !== user),
      'records.>',
      'ops.>',
      '>',
      '_INBOX_other.>',
    ]
    const own = [
      ...subjects.filter(subject => ownerOf(subject) === user),
      `_INBOX_${user}.>`,
      LOG_LEVEL_CHANGE,
    ]
    for (const subject of [...foreign, ...own]) nc.subscribe(subject, { callback: () => undefined })
    t.same((await refused()).sort(), foreign.sort(), user)
  }
})
