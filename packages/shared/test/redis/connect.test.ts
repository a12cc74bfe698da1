import t from 'tap'
import { REDIS_URL_PATTERN, readClusterUrl } from '../../src/redis/connect.ts'

t.test('a cluster is named by some of its nodes and one login', async t => {
  t.same(readClusterUrl('redis+cluster://:pw@127.0.0.1:7001,127.0.0.1:7002'), {
    nodes: [
      { host: '127.0.0.1', port: 7001 },
      { host: '127.0.0.1', port: 7002 },
    ],
    password: 'pw',
  })
  t.same(readClusterUrl('rediss+cluster://quota:p%40w%2C@redis.example'), {
    nodes: [{ host: 'redis.example', port: 6379 }],
    username: 'quota',
    password: 'p@w,',
    tls: {},
  })
  t.same(readClusterUrl('redis+cluster://[::1]:7001'), { nodes: [{ host: '::1', port: 7001 }] })
})

t.test('the scheme says what is meant', async t => {
  for (const url of ['redis://h', 'rediss://h', 'redis+cluster://h,i', 'rediss+cluster://h'])
    t.match(url, new RegExp(REDIS_URL_PATTERN))
  for (const url of ['h:6379', 'http://h', 'redis+sentinel://h'])
    t.notMatch(url, new RegExp(REDIS_URL_PATTERN))
})
