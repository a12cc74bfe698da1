import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSecrets } from '@lectern/local/secrets.ts'
import { jetstream } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type pg from 'pg'
import { type Student, type System, until } from '../system.ts'

/** Does what staff seldom do, and what seldom happens, so that every service has used each of its rights on the bus. */
export async function useEveryRight(
  { staff }: System,
  { id = '' }: Student,
  { bus, database }: { bus: NatsConnection; database: pg.Client },
): Promise<void> {
  const post = <T>(path: string, body?: object) => staff<T>('POST', path, body)
  await staff('GET', '/api/courses')
  await staff('PATCH', '/api/courses/demo', { name: 'Rolled' })
  const rule = { kind: 'guide', pattern: 'solution', message: 'Be brief.', fromWeek: 1, toWeek: 2 }
  const { id: ruleId } = await post<{ id: string }>('/api/courses/demo/rules', rule)
  await staff('GET', '/api/courses/demo/rules')
  await staff('DELETE', `/api/courses/demo/rules/${ruleId}`)
  await staff('GET', '/api/courses/demo/prompts')
  await post(`/api/students/${id}/grants`, { week: 1, tokens: 1, reason: 'rights' })
  await staff('GET', `/api/students/${id}/ledger`)
  await staff('GET', `/api/students/${id}/balance`)
  const key = await post<{ id: string }>(`/api/students/${id}/keys`)
  const rotated = await post<{ id: string }>(`/api/keys/${key.id}/rotate`)
  await staff('DELETE', `/api/keys/${rotated.id}`)
  const { items } = await staff<{ items: { id: string }[] }>('GET', '/api/conversations?q=Roll')
  await staff('GET', `/api/conversations/${items[0]?.id}`)
  await staff('GET', '/api/courses/demo/use')
  await staff('DELETE', `/api/students/${id}`)
  const helper = await post<{ id: string }>('/api/staff', { email: 'helper@example.edu', name: 'Helper' })
  await staff('PUT', `/api/courses/demo/staff/${helper.id}`, { role: 'assistant' })
  await staff('GET', '/api/audit')
  await staff('PUT', '/api/ops/log-level', { service: '*', level: 'debug', minutes: 1 })
  // What is no record, neither for quota nor for the logger: both put it aside, and the logger keeps both.
  await jetstream(bus).publish('records.completed', 'no record')
  await until(async () => {
    const { rows } = await database.query('SELECT count(*)::int AS kept FROM logs.dead_letters')
    return rows[0]?.kept === 2
  }, 'both dead letters are kept')
}

/** What the server has refused to anybody, line by line. */
export function violations({ home }: System): string[] {
  const log = readFileSync(join(home, 'logs', 'nats.log'), 'utf8')
  return log.split('\n').filter(line => /violation/i.test(line))
}

/** Says something in the name of a service, and with its rights. */
export async function sayAs({ demo, home }: System, user: 'console', subject: string): Promise<void> {
  const { nats } = await loadSecrets(home)
  const nc = await connect({ servers: new URL(demo.natsUrl).host, user, pass: nats[user] })
  nc.publish(subject, '{}')
  await nc.flush()
  await nc.close()
}
