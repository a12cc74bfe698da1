import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startMock } from '../contenders/others.ts'
import { startGenerator } from '../load/generator.ts'
import type { Plan } from '../load/plan.ts'
import { ResponseReader } from '../load/response-reader.ts'

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\nA\r\n [DONE]\n\nX\r\n0\r\n\r\n',
  'HTTP/1.1 429 Too Many Requests\r\ncontent-length: 15\r\n\r\n{"code":"slow"}',
  'HTTP/1.1 204 No Content\r\n\r\n',
].join('')

t.test('an answer is read alike wherever it is cut', async t => {
  for (let cut = 1; cut < ANSWERS.length; cut += 1) {
    const told: string[] = []
    const reader = new ResponseReader({
      onFirst: () => told.push('first'),
      onEnd: (status, tail) => told.push(`${status} ${tail}`),
    })
    for (const part of [ANSWERS.slice(0, cut), ANSWERS.slice(cut)]) reader.feed(Buffer.from(part))
    t.strictSame(
      told,
      ['first', '200 data: [DONE]\n\nX', 'first', '429 {"code":"slow"}', '204 '],
      `cut at ${cut}`,
    )
  }
})

t.test('the generator counts what the mock answers, and names what is wrong', async t => {
  await using closing = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'bench-test-'))
  closing.defer(() => rm(dir, { recursive: true }))
  const { url } = await startMock({ dir, closing })
  const generator = startGenerator(closing)
  const plan = (model: string, more: Partial<Plan>): Plan => ({
    ...{ series: model, urls: [`${url}/chat/completions`], heads: ['Authorization: Bearer x\r\n'] },
    ...{ body: JSON.stringify({ model, messages: [] }), statuses: [200], seconds: 0.2, ...more },
  })

  for (const model of ['bench-short', 'bench-burst', 'bench-paced']) {
    const outcome = await generator.run(plan(model, { users: 3 }))
    t.ok(outcome.requests >= 3, `${model}: each user had an answer`)
    t.strictSame(outcome.errors, {}, `${model}: no errors`)
    t.ok(outcome.total.p50Ms >= outcome.first.p50Ms, `${model}: the first byte comes first`)
  }
  const open = await generator.run(plan('bench-short', { series: 'open', ratePerSecond: 100 }))
  t.equal(open.requests, 20, 'an open loop sends as many as it should')
  const wrong = await generator.run(plan('no-such-model', { users: 1, cut: true }))
  t.strictSame(wrong.errors, { 400: 1 }, 'a status that is not expected is an error')
  const running = await generator.run(plan('bench-idle', { users: 5, cut: true }))
  t.equal(running.open, 5, 'streams that are cut off were open')
  const twice = await generator.run(plan('bench-idle', { series: 'bench-short', users: 2, cut: true }))
  t.ok(twice.requests > 0 && twice.turnRequests === 0, 'turns of a series are added up')
})
