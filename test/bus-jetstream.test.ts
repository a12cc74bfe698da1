import { GrantCall } from '@lectern/shared/contracts/budget.ts'
import { AuthenticateCall } from '@lectern/shared/contracts/quota.ts'
import { createLog } from '@lectern/shared/log.ts'
import { consumeBatches } from '@lectern/shared/nats/consumer.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import { ensureStreams } from '@lectern/shared/nats/streams.ts'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import t from 'tap'
import { type BusUser, passwordOf, startBus, USERS, type User } from './bus-users.ts'
import { until } from './system.ts'

/** Who holds the password of one service can do its work on the streams, and nothing else. */

const log = createLog('test', 'silent')
const { servers, connectAs } = await startBus(t)
const ops = await connectAs('ops')
const manager = await jetstreamManager(ops.nc)
const services = Object.fromEntries(
  await Promise.all(USERS.map(async user => [user, await connectAs(user)])),
) as Record<User, BusUser>
const { gateway, quota, prompts, logger } = services

/** The consumers as the services make them, with their own rights. */
const consumer = { subject: 'records.completed', batchSize: 10, lingerMs: 1, log }
await ensureStreams(quota.nc)
const kept: string[] = []
const keep = async (messages: readonly { string(): string }[]) => {
  kept.push(...messages.map(message => message.string()))
}
const consumers = [
  consumeBatches(
    quota.nc,
    { ...consumer, stream: 'RECORDS', durable: 'quota-ledger', headersOnly: true },
    keep,
  ),
  consumeBatches(logger.nc, { ...consumer, stream: 'RECORDS', durable: 'logger-records' }, keep),
  consumeBatches(
    logger.nc,
    { ...consumer, stream: 'DEADLETTER', durable: 'logger-deadletters', subject: 'deadletter.>' },
    keep,
  ),
]
const messagesIn = async (stream: string) => (await manager.streams.info(stream)).state.messages

t.test('each service does its work with its own rights', async t => {
  await jetstream(gateway.nc).publish('records.completed', 'a record')
  await jetstream(quota.nc).publish('deadletter.quota-ledger', 'what it could not settle')
  await jetstream(logger.nc).publish('deadletter.logger-records', 'what it could not keep')
  await until(async () => kept.length === 4, 'everything is read')
  t.same(kept.sort(), ['', 'a record', 'what it could not keep', 'what it could not settle'])
  await Promise.all(consumers.map(each => each.stop()))
  await until(
    async () => (await manager.consumers.info('RECORDS', 'logger-records')).num_ack_pending === 0,
    'what was read is acknowledged',
  )
  for (const [user, { refused }] of Object.entries(services)) t.same(await refused(), [], user)
})

const NAMES = ['quota-ledger', 'logger-records', 'logger-deadletters', 'other']

/** Every door of JetStream, of 2.9 and of newer servers. */
function doors(): string[] {
  const ofStream = (stream: string) => [
    ...['CREATE', 'UPDATE', 'INFO', 'DELETE', 'PURGE', 'SNAPSHOT', 'RESTORE', 'MSG.GET', 'MSG.DELETE'].map(
      verb => `$JS.API.STREAM.${verb}.${stream}`,
    ),
    ...['PEER.REMOVE', 'LEADER.STEPDOWN'].map(verb => `$JS.API.STREAM.${verb}.${stream}`),
    ...[`$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.records.completed`],
    ...[`$JS.API.CONSUMER.CREATE.${stream}`, `$JS.API.CONSUMER.NAMES.${stream}`],
    `$JS.API.CONSUMER.LIST.${stream}`,
    ...NAMES.flatMap(name => ofConsumer(stream, name)),
  ]
  const ofConsumer = (stream: string, name: string) => [
    ...[
      'CREATE',
      'DURABLE.CREATE',
      'INFO',
      'DELETE',
      'PAUSE',
      'RESET',
      'UNPIN',
      'MSG.NEXT',
      'LEADER.STEPDOWN',
    ].map(verb => `$JS.API.CONSUMER.${verb}.${stream}.${name}`),
    ...['records.completed', 'records.other', 'deadletter.all'].map(
      filter => `$JS.API.CONSUMER.CREATE.${stream}.${name}.${filter}`,
    ),
    ...[`$JS.ACK.${stream}.${name}.1.1.1.1.1`, `$JS.FC.${stream}.${name}.token`],
  ]
  return [
    ...['INFO', 'STREAM.NAMES', 'STREAM.LIST', 'STREAM.TEMPLATE.CREATE.all'].map(door => `$JS.API.${door}`),
    ...['META.LEADER.STEPDOWN', 'SERVER.REMOVE', 'ACCOUNT.PURGE.$G'].map(door => `$JS.API.${door}`),
    ...['RECORDS', 'DEADLETTER', 'OTHER'].flatMap(ofStream),
  ]
}

/** The doors that a consumer of its own needs. */
const consuming = (stream: string, name: string, filter: string) => [
  `$JS.API.CONSUMER.INFO.${stream}.${name}`,
  `$JS.API.CONSUMER.CREATE.${stream}.${name}.${filter}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
  `$JS.ACK.${stream}.${name}.1.1.1.1.1`,
]
const sharing = [
  '$JS.API.INFO',
  ...['RECORDS', 'DEADLETTER'].flatMap(stream => [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.CREATE.${stream}`,
  ]),
]
const OPEN: Record<User, string[]> = {
  gateway: [],
  prompts: [],
  console: [],
  quota: [...sharing, ...consuming('RECORDS', 'quota-ledger', 'records.completed')],
  logger: [
    ...sharing,
    ...consuming('RECORDS', 'logger-records', 'records.completed'),
    ...consuming('DEADLETTER', 'logger-deadletters', 'deadletter.all'),
  ],
}

t.test('of the doors of JetStream each user finds open only what its service needs', async t => {
  const all = doors()
  t.ok(all.length > 200)
  for (const user of USERS) {
    const { nc, refused } = services[user]
    t.same(
      OPEN[user].filter(door => !all.includes(door)),
      [],
      'each of them is tried',
    )
    for (const door of all) nc.publish(door, 'nonsense')
    const closed = all.filter(door => !OPEN[user].includes(door))
    t.same((await refused()).sort(), closed.sort(), user)
  }
})

t.test('through its own doors nobody gets further', async t => {
  const ask = async ({ nc }: BusUser, subject: string, body: object) =>
    (await nc.request(subject, JSON.stringify(body))).json<{ error?: { code: number } }>().error
  const door = '$JS.API.CONSUMER.CREATE.RECORDS.quota-ledger.records.completed'
  const create = (config: object, stream = 'RECORDS') =>
    ask(quota, door, {
      stream_name: stream,
      config: {
        ...{ durable_name: 'quota-ledger', name: 'quota-ledger', ack_policy: 'explicit' },
        ...{ filter_subject: 'records.completed', ...config },
      },
    })
  t.ok(await create({ name: 'other', durable_name: 'other' }), 'no consumer of another name')
  t.ok(await create({ filter_subject: '>' }), 'nor with another filter')
  t.ok(await create({}, 'DEADLETTER'), 'nor of another stream')
  t.ok(
    await create({ deliver_subject: GrantCall.subject }),
    'nor one that pushes to where it may not publish',
  )
  const streams = '$JS.API.STREAM.CREATE'
  t.ok(await ask(quota, `${streams}.RECORDS`, { name: 'OTHER', subjects: ['quota.>'] }), 'no other stream')
  t.ok(await ask(quota, `${streams}.DEADLETTER`, { name: 'DEADLETTER', sources: [{ name: 'RECORDS' }] }))
  t.ok(await ask(logger, `${streams}.RECORDS`, { name: 'RECORDS', subjects: ['records.>', 'quota.>'] }))
  t.same((await Array.fromAsync(manager.streams.names())).sort(), ['DEADLETTER', 'RECORDS'])
  t.same((await Array.fromAsync(manager.consumers.list('RECORDS'))).map(({ name }) => name).sort(), [
    'logger-records',
    'quota-ledger',
  ])
})

t.test('P2 P3: nobody has another service, or the bus itself, speak for it', async t => {
  const heard: string[] = []
  const responder = createResponder(quota.nc, { queue: 'quota', log })
  responder.on(AuthenticateCall, async ({ keyHash }) => {
    heard.push(keyHash)
    return { known: false as const }
  })
  responder.on(GrantCall, async ({ grantId }) => {
    heard.push(grantId)
    throw new Error('never')
  })
  await quota.nc.flush()
  const keyHash = 'a'.repeat(64)
  const purge = '$JS.API.STREAM.PURGE.RECORDS'
  const before = await messagesIn('RECORDS')

  // The answer would be an order of quota's, or a question in quota's name.
  for (const reply of [purge, GrantCall.subject, 'prompts.publish'])
    gateway.nc.publish(AuthenticateCall.subject, JSON.stringify({ keyHash }), { reply })
  // The acknowledgement would be an order of the server's.
  gateway.nc.publish('records.completed', 'a record', { reply: purge })
  gateway.nc.publish('records.completed', 'a record', { reply: '$JS.API.STREAM.MSG.DELETE.RECORDS' })
  // What prompts says to itself it may answer.
  prompts.nc.subscribe('prompts.changed', { callback: (_, message) => void message.respond('') })
  await prompts.nc.flush()
  prompts.nc.publish('prompts.changed', '{}', { reply: purge })
  t.same(await prompts.refused(), [purge])
  // A message of its own that a consumer of its own delivers to somebody else.
  const grant = { grantId: 'forged', studentId: 's', week: 1, tokens: 1, reason: 'forged', actor: 'forged' }
  await jetstream(logger.nc).publish('deadletter.logger-records', JSON.stringify(grant))
  const next = '$JS.API.CONSUMER.MSG.NEXT.DEADLETTER.logger-deadletters'
  logger.nc.publish(next, '', { reply: GrantCall.subject })
  await until(async () => {
    const { num_ack_pending } = await manager.consumers.info('DEADLETTER', 'logger-deadletters')
    return num_ack_pending === 1
  }, 'the message is delivered')

  // Whatever came of all that was before this in line.
  const authenticate = requester(gateway.nc, AuthenticateCall)
  t.same(await authenticate({ keyHash: 'b'.repeat(64) }), { known: false })
  t.same(heard, ['b'.repeat(64)])
  t.equal(await messagesIn('RECORDS'), before + 2)
  t.same(await quota.refused(), [])
})

t.test(
  'an answer reaches the inboxes of those who ask, and nothing else that a question may name',
  async t => {
    const careless = await connectAs('quota')
    careless.nc.subscribe('quota.release', { callback: (_, message) => void message.respond('answer') })
    await careless.nc.flush()
    const answers: string[] = []
    const inbox = '_INBOX_gateway.mine'
    gateway.nc.subscribe(inbox, { callback: (_, message) => void answers.push(message.string()) })
    const others = ['records.completed', 'prompts.changed', '_INBOX_prompts.somebody']
    for (const reply of [...others, inbox]) gateway.nc.publish('quota.release', '{}', { reply })
    await until(async () => answers.length > 0, 'the answer comes')
    t.same((await careless.refused()).sort(), others.sort())
    t.same(answers, ['answer'])
  },
)

t.test('nobody gets in without a name and its password', async t => {
  const enter = (options: object) =>
    connect({ servers, reconnect: false, ...options }).then(
      async (nc: NatsConnection) => {
        await nc.close()
        return 'in'
      },
      (error: Error) => error.name,
    )
  t.equal(await enter({ user: 'gateway', pass: passwordOf('gateway') }), 'in')
  t.equal(await enter({}), 'AuthorizationError')
  t.equal(await enter({ user: 'gateway' }), 'AuthorizationError')
  t.equal(await enter({ user: 'nobody', pass: passwordOf('gateway') }), 'AuthorizationError')
  for (const user of ['ops', ...USERS.filter(name => name !== 'gateway')])
    t.equal(await enter({ user, pass: passwordOf('gateway') }), 'AuthorizationError', user)
})
