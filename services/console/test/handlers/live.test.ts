import { randomUUIDv7 } from 'node:crypto'
import { mock } from 'node:test'
import t from 'tap'
import { COURSE, TOKEN } from '../lectern.ts'
import { record, startLectern } from '../real-services.ts'
import { signedIn } from '../staff.ts'

const lectern = await startLectern(t)
const { api, url, operator } = lectern
const today = Temporal.Now.plainDateISO('UTC')
for (const id of ['ml-26', 'other'])
  await api('POST /api/courses', { ...COURSE, id, timezone: 'UTC', startsOn: today.toString() })
const headers = { authorization: `Bearer ${TOKEN}` }

/** Reads events until one holds. */
async function* eventsOf(answer: Response): AsyncGenerator<{ event: string; data: Record<string, unknown> }> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const frames = text.split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(frame) ?? []
      if (event && data) yield { event, data: JSON.parse(data) }
    }
  }
}
const ask = (courseId: string, question: string) =>
  record(operator, {
    id: randomUUIDv7(),
    ...{ courseId, studentId: 's1', week: 1, chargeTokens: 40, question, answer: 'a' },
  })

t.test('what is stored is seen at once, with the counters, and nothing of other courses', async t => {
  const leaving = new AbortController()
  const answer = await fetch(`${url}/api/courses/ml-26/live`, { headers, signal: leaving.signal })
  t.equal(answer.status, 200)
  t.match(answer.headers.get('content-type'), 'text/event-stream')
  await ask('other', 'not mine')
  for (const question of ['first', 'second']) await ask('ml-26', question)
  const seen: string[] = []
  let requests = 0
  for await (const { event, data } of eventsOf(answer)) {
    if (event === 'conversations')
      seen.push(...(data as { items: { question: string }[] }).items.map(item => item.question))
    if (event === 'counters') requests = data.requests as number
    if (seen.length >= 2 && requests === 2) break
  }
  t.same(seen.toSorted(), ['first', 'second'])
  leaving.abort()
  t.equal((await fetch(`${url}/api/courses/nope/live`, { headers })).status, 404)
})

t.test('who has signed out, or has lost the role, looks on no longer', async t => {
  const role = { id: 'ml-26', role: 'assistant' as const }
  const watch = async (name: string) => {
    const person = await signedIn(lectern, { name, courses: [role] })
    const answer = await fetch(`${url}/api/courses/ml-26/live`, { headers: { cookie: person.cookie } })
    t.equal(answer.status, 200)
    return { person, ended: answer.text() }
  }
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const [still, out, removed] = [await watch('Sten'), await watch('Olga'), await watch('Adam')]
  let isOver = false
  void still.ended.then(() => {
    isOver = true
  })
  await out.person.ask('DELETE /api/session')
  await api(`DELETE /api/courses/ml-26/staff/${removed.person.id}`)
  mock.timers.tick(60_000)
  t.match(await out.ended, /^retry/)
  t.match(await removed.ended, /^retry/)
  t.notOk(isOver, 'who still has the role looks on')
})

t.test('a console that is asked to stop ends its streams, and does not wait for them', async t => {
  const own = await startLectern(t)
  await own.api('POST /api/courses', COURSE)
  const answer = await fetch(`${own.url}/api/courses/ml-26/live`, { headers })
  const ended = answer.text()
  await own.stopConsole()
  t.match(await ended, /^retry: 3000\n\n/)
})
