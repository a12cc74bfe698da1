import t from 'tap'
import { Type } from 'typebox'
import { CommonConfig, type ConfigError, readConfig } from '../src/config.ts'

const schema = Type.Object({
  ...CommonConfig,
  PORT: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
})

t.test('text becomes numbers, gaps get defaults, empty counts as unset', async t => {
  const config = readConfig(schema, { NATS_URL: 'nats://a:b@localhost:4222', OPS_PORT: '9000', PORT: '' })
  t.match(config, { NATS_URL: 'nats://a:b@localhost:4222', OPS_PORT: 9000, PORT: 8080, LOG_LEVEL: 'info' })
})

t.test('P11: a wrong environment names every fault at once', async t => {
  const faults = (() => {
    try {
      readConfig(schema, { OPS_PORT: 'many', PORT: '70000', LOG_LEVEL: 'loud' })
    } catch (error) {
      return (error as ConfigError).faults
    }
  })()
  t.equal(faults?.length, 4)
  for (const name of ['NATS_URL is missing', 'OPS_PORT', 'PORT', 'LOG_LEVEL']) {
    t.ok(
      faults?.some(fault => fault.startsWith(name)),
      name,
    )
  }
})
