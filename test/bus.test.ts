import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Call } from '@lectern/shared/contracts/call.ts'
import {
  CONVERSATIONS_STORED,
  GATEWAYS_PRESENT,
  LOG_LEVEL_CHANGE,
  PROMPTS_CHANGED,
  RECORD_COMPLETED,
} from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { startBus, USERS, type User } from './bus-users.ts'

/** infra/nats.conf grants each service exactly what the contracts say, and nothing of another's. */

const root = join(import.meta.dirname, '..')
const { connectAs } = await startBus(t)

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
/** What others than the usual asker ask, too. */
const ALSO_ASKED: Partial<Record<User, string[]>> = { logger: ['quota.courses.list'] }
const askerOf = (subject: string): User => (ASKED_BY_GATEWAY.includes(subject) ? 'gateway' : 'console')
const ownerOf = (subject: string): User =>
  ({
    gateway: 'gateway',
    quota: 'quota',
    staff: 'quota',
    prompts: 'prompts',
    conversations: 'logger',
    use: 'logger',
    audit: 'logger',
  })[subject.split('.')[0] ?? ''] as User

t.test('each user may send exactly what its service sends', async t => {
  const subjects = [
    ...(await contractSubjects()),
    PROMPTS_CHANGED,
    LOG_LEVEL_CHANGE,
    GATEWAYS_PRESENT,
    CONVERSATIONS_STORED,
    RECORD_COMPLETED,
    'records.other',
    'logs.other',
    'deadletter.other',
    ...USERS.map(user => `_INBOX_${user}.somebody`),
    '$SYS.REQ.SERVER.PING',
    '$SYS.REQ.ACCOUNT.PING',
  ]
  t.ok(subjects.length > 30)
  const broadcasts: Record<string, User> = {
    [RECORD_COMPLETED]: 'gateway',
    [PROMPTS_CHANGED]: 'prompts',
    [LOG_LEVEL_CHANGE]: 'console',
    [GATEWAYS_PRESENT]: 'gateway',
    [CONVERSATIONS_STORED]: 'logger',
  }
  const senderOf = (subject: string): User | undefined =>
    broadcasts[subject] ?? (ownerOf(subject) && askerOf(subject))
  // Why by name, and not by what they were asked, stands in infra/nats.conf.
  const inboxes: Record<string, string[]> = {
    gateway: ['_INBOX_console.somebody'],
    quota: ['_INBOX_gateway.somebody', '_INBOX_console.somebody', '_INBOX_logger.somebody'],
    prompts: ['_INBOX_gateway.somebody', '_INBOX_console.somebody'],
    logger: ['_INBOX_console.somebody'],
  }
  const may = (user: User, subject: string) =>
    senderOf(subject) === user ||
    inboxes[user]?.includes(subject) === true ||
    ALSO_ASKED[user]?.includes(subject) === true
  for (const user of USERS) {
    const { nc, refused } = await connectAs(user)
    for (const subject of subjects) nc.publish(subject, '{}')
    const expected = subjects.filter(subject => !may(user, subject))
    t.same((await refused()).sort(), expected.sort(), user)
  }
})

t.test('each user may hear only what is addressed to its service', async t => {
  const subjects = await contractSubjects()
  for (const user of USERS) {
    const { nc, refused } = await connectAs(user)
    const foreign = [
      ...subjects.filter(subject => ownerOf(subject) !== user),
      ...(user === 'console' ? [] : [CONVERSATIONS_STORED]),
      'records.>',
      'logs.>',
      'ops.>',
      '>',
      '_INBOX_other.>',
      '$SYS.>',
      '$JS.>',
    ]
    const own = [
      ...subjects.filter(subject => ownerOf(subject) === user),
      `_INBOX_${user}.>`,
      LOG_LEVEL_CHANGE,
      ...(user === 'console' ? [CONVERSATIONS_STORED] : []),
    ]
    for (const subject of [...foreign, ...own]) nc.subscribe(subject, { callback: () => undefined })
    t.same((await refused()).sort(), foreign.sort(), user)
  }
})
