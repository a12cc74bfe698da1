import { headers, Match, type MsgHdrs, MsgHdrsImpl } from '@nats-io/nats-core'
import t from 'tap'
import { headersOf, readHeadersAtOnce } from '../../src/nats/headers.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const facts = (read: MsgHdrs) => ({
  all: [...read].map(([name, values]) => [name, [...values]]),
  code: read.code,
  description: read.description,
  asked: ['A', 'a', 'B', 'none'].map(name => [
    read.get(name),
    read.last(name),
    read.values(name),
    read.has(name),
  ]),
  loosely: read.get('a', Match.IgnoreCase),
})
const { decode } = MsgHdrsImpl
t.before(readHeadersAtOnce)

t.test('headers read at once are what the client reads', async t => {
  t.not(MsgHdrsImpl.decode, decode)
  const texts = [
    'NATS/1.0\r\n\r\n',
    'NATS/1.0\r\nA: 1\r\n\r\n',
    'NATS/1.0\r\nA:1\r\nA: 2\r\nB:  with spaces \r\nb: x:y:z\r\n\r\n',
    'NATS/1.0\r\nA:\r\nno colon\r\nB: Grüße, 你好\r\n\r\n',
    'NATS/1.0 503\r\n\r\n',
    'NATS/1.0 409 Message Size Exceeds MaxBytes\r\nA: 1\r\n\r\n',
    'NATS/1.0\r\nA: cut',
    '',
  ]
  for (const text of texts) {
    t.same(facts(MsgHdrsImpl.decode(bytes(text))), facts(decode(bytes(text))), JSON.stringify(text))
  }
})

t.test('they can be changed and sent on', async t => {
  const read = MsgHdrsImpl.decode(bytes('NATS/1.0\r\nA: 1\r\n\r\n')) as MsgHdrsImpl
  read.append('A', '2')
  read.set('B', '3')
  t.equal(read.toString(), 'NATS/1.0\r\nA: 1\r\nA: 2\r\nB: 3\r\n\r\n')
})

t.test('headers made at once are those that are made one by one', async t => {
  const slow = headers()
  slow.set('A', '1')
  slow.set('B', '2')
  t.equal(String(headersOf({ A: '1', B: '2' })), String(slow))
  t.throws(() => headersOf({ A: 'one\r\nB: two' }), TypeError)
})
