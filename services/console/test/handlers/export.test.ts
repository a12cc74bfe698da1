import { randomUUIDv7 } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { type Conversation, ExportConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import { type Course, GetCourseCall } from '@lectern/shared/contracts/courses.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { recordOf } from '../../../logger/test/logger.ts'
import { COURSE, startConsole, TOKEN, until } from '../lectern.ts'
import { record, startLectern } from '../real-services.ts'

const headers = { authorization: `Bearer ${TOKEN}` }

t.test('an export has every conversation of its filter, as JSONL or CSV, with or without names', async t => {
  const { api, url, operator } = await startLectern(t)
  await api('POST /api/courses', COURSE)
  await api('POST /api/courses/ml-26/students', [
    { id: 'ada-1815', name: 'Ada Lovelace', email: 'ada@example.edu' },
    { id: 's2', name: '王小明', email: 'wang@example.cn' },
  ])
  const file = async (query: string) => {
    const answer = await fetch(`${url}/api/courses/ml-26/conversations/export?${query}`, { headers })
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
  }
  const lines = async (query: string) =>
    (await file(query)).text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Conversation)
  t.equal((await file('')).text, '', 'nothing yet')
  // Sorted: records of the same millisecond stand in the order of their ids.
  const ids = Array.from({ length: 120 }, () => randomUUIDv7()).sort()
  for (const [index, id] of ids.entries()) {
    await record(operator, {
      ...{
        id,
        courseId: 'ml-26',
        week: 1,
        chargeTokens: 20 + index,
        studentId: index % 2 ? 's2' : 'ada-1815',
      },
      question: index === 0 ? '=1+1 says Ada Lovelace' : `question ${index}`,
      answer: ['+1', '-1', '@x', '\tx', '\rx', 'a\n"b"', ' =1', '＝1', '好'][index % 9] ?? '',
    })
  }
  await until(
    async () => (await lines('')).length,
    length => length === ids.length,
  )
  const all = await lines('format=jsonl')
  t.same(new Set(all.map(({ id }) => id)), new Set(ids))
  t.match(all.at(-1), {
    id: ids[0],
    studentId: 'ada-1815',
    messages: [{ content: '=1+1 says Ada Lovelace' }],
  })
  t.equal((await lines('student=s2')).length, 60)
  t.same(
    (await lines('q=lovelace')).map(({ id }) => id),
    [ids[0]],
  )

  const csv = await file('format=csv')
  t.equal(csv.type, 'text/csv; charset=utf-8')
  const rows = parse(csv.text, { bom: true, columns: true }) as Record<string, string>[]
  t.equal(rows.length, ids.length)
  t.match(rows.at(-1), {
    id: ids[0],
    student: 'ada-1815',
    question: `'=1+1 says Ada Lovelace`,
    chargeTokens: '20',
  })
  t.same(
    rows.flatMap(row => Object.values(row)).filter(cell => /^[=+\-@\t\r＝＋－＠]/.test(cell)),
    [],
    'no cell is a formula',
  )
  t.ok(rows.some(({ answer }) => answer === 'a\n"b"'))

  const hidden = await file('pseudonymise=true')
  t.notMatch(hidden.text, /lovelace|ada-1815|"s2"|example|小明/i)
  const pseudonyms = new Set(hidden.text.match(/student-[0-9a-f]{15}/g))
  t.equal(pseudonyms.size, 2)
  t.same(new Set((await file('pseudonymise=true')).text.match(/student-[0-9a-f]{15}/g)), pseudonyms, 'stable')
  await api('POST /api/courses', { ...COURSE, id: 'other' })

  t.equal((await file('format=xml')).status, 400)
  t.equal((await file('from=yesterday')).status, 400)
  t.equal((await fetch(`${url}/api/courses/nope/conversations/export`, { headers })).status, 404)
})

t.test('pages are read as fast as the client reads, and none after it has left', async t => {
  const { servers, url } = await startConsole(t)
  const log = createLog('stand-in', 'silent')
  const nc = await connectBus({ url: servers.natsUrl, service: 'logger', log })
  t.teardown(() => nc.close())
  const responder = createResponder(nc, { queue: 'logger', log })
  const course = { ...COURSE, createdAt: '2026-11-02T00:00:00Z' } as unknown as Course
  responder.on(GetCourseCall, async () => ({
    ...course,
    modelWeights: {},
    breaks: [],
    tokensPerMinute: null,
    courseParallelRequests: null,
    outsideTokens: null,
    carryOverTokens: 0,
    requestsPerMinute: 60,
    parallelRequests: 8,
  }))
  let pages = 0
  const answers = [{ text: 'x'.repeat(400_000), toolCalls: [], finishReason: 'stop' }]
  responder.on(ExportConversationsCall, async () => {
    pages += 1
    return { items: [recordOf({ answers })], next: 'more' }
  })
  await nc.flush()
  const asked = get(`${url}/api/courses/ml-26/conversations/export`, { headers })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.pause()
  const settled = async () => {
    for (let before = -1; before !== pages; await new Promise(resolve => setTimeout(resolve, 300)))
      before = pages
    return pages
  }
  const waiting = await settled()
  t.ok(waiting < 100, `${waiting} pages are read for a client that reads nothing`)
  asked.destroy()
  await settled()
  t.ok(pages <= waiting + 2)
})
