import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import fc from 'fast-check'
import t from 'tap'
import { threadOf, turnsOf } from '../src/thread.ts'

type Request = Pick<ConversationRecord, 'id' | 'startedAtMs' | 'messages' | 'answers'>
const answer = (text: string) => ({ text, toolCalls: [], finishReason: 'stop' })
const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const request = (id: string, startedAtMs: number, messages: unknown[], text: string): Request => ({
  ...{ id, startedAtMs, messages },
  answers: [answer(text)],
})
const idsOf = (id: string, requests: Request[]) => threadOf(id, requests.map(turnsOf)).map(item => item.id)

t.test('requests that go on from each other are one thread, whichever of them is asked for', async t => {
  const requests = [
    request('a1', 1, [user('hi')], 'Hello!'),
    request('b1', 2, [user('hi')], 'Good day.'),
    request(
      'a2',
      3,
      [{ role: 'system', content: 'now: 12:00' }, user('hi'), assistant('Hello! '), user('x')],
      'y',
    ),
    request('b2', 4, [user('hi'), assistant([{ type: 'text', text: 'Good day.' }]), user('x')], 'y'),
    request('a3', 5, [user('hi'), assistant('Hello!'), user('x'), assistant('y'), user('z')], ''),
    request('c1', 6, [user('x')], 'y'),
  ]
  for (const id of ['a1', 'a2', 'a3']) t.same(idsOf(id, requests), ['a1', 'a2', 'a3'], id)
  t.same(idsOf('b1', requests), ['b1', 'b2'])
  t.same(idsOf('c1', requests), ['c1'])
  t.same(
    threadOf('a1', requests.map(turnsOf)).map(({ parentId }) => parentId),
    [null, 'a1', 'a2'],
  )
})

t.test('a call of a tool, an answer that failed and several choices are gone on from', async t => {
  const calling = { role: 'assistant', content: null, tool_calls: [{ id: 'c' }] }
  const requests = [
    {
      ...request('a1', 1, [user('sum')], ''),
      answers: [{ text: '', toolCalls: [{ id: 'c' }], finishReason: 'tool_calls' }],
    },
    request('a2', 2, [user('sum'), calling, { role: 'tool', tool_call_id: 'c', content: '3' }], ''),
    request('a3', 3, [user('sum'), calling, { role: 'tool', tool_call_id: 'c', content: '3' }], 'It is 3.'),
    { ...request('b1', 4, [user('q')], ''), answers: [answer('one'), answer('two')] },
    request('b2', 5, [user('q'), assistant('two'), user('r')], 's'),
  ]
  t.same(idsOf('a3', requests), ['a1', 'a2', 'a3'])
  t.same(idsOf('b1', requests), ['b1', 'b2'])
})

t.test('what is no chat is a thread of its own', async t => {
  const odd = [
    request('e', 1, [], ''),
    request('f', 2, [null, 3, 'text', { role: 'user' }], ''),
    request('g', 3, [], ''),
  ]
  for (const { id } of odd) t.same(idsOf(id, odd), [id])
})

t.test('several chats at once, with going back, are told apart', async () => {
  // A step begins a chat, or goes on from one of the requests so far.
  const step = fc.record({ from: fc.option(fc.nat()), text: fc.constantFrom('a', 'b', 'c') })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), steps => {
      const requests: Request[] = []
      const roots: string[] = []
      for (const [index, { from, text }] of steps.entries()) {
        const parent = from === null ? undefined : requests[from % Math.max(requests.length, 1)]
        const before = parent ? [...parent.messages, assistant(parent.answers[0]?.text)] : []
        const id = `r${index}`
        // No two answers are the same: else nobody could tell.
        requests.push(request(id, index, [...before, user(text)], `answer ${index}`))
        roots.push(parent ? (roots[requests.indexOf(parent)] as string) : id)
      }
      return requests.every(({ id }, index) => {
        const wanted = requests.filter((_, other) => roots[other] === roots[index]).map(other => other.id)
        return idsOf(id, requests).join() === wanted.join()
      })
    }),
  )
})
