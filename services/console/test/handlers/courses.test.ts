import type { Course } from '@lectern/shared/contracts/courses.ts'
import t from 'tap'
import { type Answer, COURSE, startConsole } from '../lectern.ts'
import { startQuotaStandIn } from '../stand-in.ts'

const { servers, api } = await startConsole(t)
const kept = await startQuotaStandIn(t, servers.natsUrl)

t.test('a course is created with the defaults for what it leaves out', async t => {
  const { status, body } = await api<Course>('POST /api/courses', COURSE)
  t.equal(status, 201)
  t.match(body, { ...COURSE, requestsPerMinute: 60, parallelRequests: 8 })
  const { modelWeights, tokensPerMinute, courseParallelRequests, breaks, outsideTokens, carryOverTokens } =
    body
  t.same(
    { modelWeights, tokensPerMinute, courseParallelRequests, breaks, outsideTokens, carryOverTokens },
    {
      ...{ modelWeights: {}, tokensPerMinute: null, courseParallelRequests: null },
      ...{ breaks: [], outsideTokens: null, carryOverTokens: 0 },
    },
  )
  t.equal((await api('POST /api/courses', COURSE)).status, 409)
})

t.test('a change touches only what it names: no default comes in by itself', async t => {
  await api('PATCH /api/courses/ml-26', { requestsPerMinute: 5, parallelRequests: 2 })
  const { status, body } = await api<Course>('PATCH /api/courses/ml-26', { name: 'New name' })
  t.equal(status, 200)
  t.match(body, { name: 'New name', requestsPerMinute: 5, parallelRequests: 2, weeks: 15 })
})

t.test('mass assignment: what staff may not set is refused', async t => {
  for (const field of ['id', 'createdAt', 'constructor', '__proto__', 'actor']) {
    const body = Buffer.from(`{"name":"x","${field}":"y"}`)
    const answer = await api('PATCH /api/courses/ml-26', body, { 'content-type': 'application/json' })
    t.match(answer, {
      status: 400,
      body: { error: { message: `The request is not valid: ${field} is not a known field.` } },
    })
  }
  const empty = await api('PATCH /api/courses/ml-26', {})
  t.equal(empty.status, 400, 'a change that changes nothing is a mistake')
})

t.test('what an owning service says beyond the contract does not reach the client', async t => {
  const leaky = { ...kept.courses.get('ml-26'), id: 'leaky', secret: 'x' }
  kept.courses.set('leaky', leaky as unknown as Course)
  const { status, body } = await api<object>('GET /api/courses/leaky')
  t.equal(status, 200)
  t.notOk('secret' in body)
})

t.test('lists are read page by page, each item once', async t => {
  for (let n = 0; n < 5; n++) await api('POST /api/courses', { ...COURSE, id: `c${n}` })
  const seen: string[] = []
  let cursor: string | null = ''
  let pages = 0
  while (cursor !== null) {
    const answer: Answer<{ items: Course[]; next: string | null }> = await api(
      `GET /api/courses?limit=3&cursor=${cursor}`,
    )
    t.ok(answer.body.items.length <= 3)
    seen.push(...answer.body.items.map(({ id }) => id))
    cursor = answer.body.next
    pages += 1
  }
  t.equal(pages, 3)
  t.same(seen.toSorted(), ['c0', 'c1', 'c2', 'c3', 'c4', 'leaky', 'ml-26'])
})
