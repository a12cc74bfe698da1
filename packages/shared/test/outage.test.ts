import t from 'tap'
import { LecternError } from '../src/errors.ts'
import { isOutage, toUnavailable } from '../src/outage.ts'

const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more)

t.test('P11: what passes is told from what is wrong', async t => {
  const outages = [
    failure('the database system is starting up', { code: '57P03' }),
    failure('connect ECONNREFUSED 127.0.0.1:5432', { code: 'ECONNREFUSED' }),
    failure('timeout exceeded when trying to connect'),
    failure('Command timed out'),
    failure("Stream isn't writeable and enableOfflineQueue options is false"),
    failure('LOADING Redis is loading the dataset in memory'),
    failure('unknown', { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '57P01' } } } }),
    failure('raw', {
      code: 'P2010',
      meta: { driverAdapterError: { cause: { kind: 'DatabaseNotReachable' } } },
    }),
    failure('wrapped', { cause: failure('gone', { code: 'ECONNRESET' }) }),
  ]
  for (const error of outages) t.ok(isOutage(error), error.message)
  const faults = [
    failure('duplicate key value', { code: '23505' }),
    failure('relation "x" does not exist', { code: '42P01' }),
    new TypeError("Cannot read properties of undefined (reading 'id')"),
    new LecternError('conflict'),
    'a text',
  ]
  for (const error of faults) t.notOk(isOutage(error), String(error))
})

t.test('an outage is answered with when to come back; a fault stays what it was', async t => {
  const outage = failure('gone', { code: 'ECONNRESET' })
  t.match(toUnavailable(outage), { code: 'service_unavailable', retryAfterMs: 1000, cause: outage })
  const fault = new TypeError('ours')
  t.equal(toUnavailable(fault), fault)
})
