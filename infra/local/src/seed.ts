import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Demo, type DemoStudent, writePrivately } from './state.ts'

const COURSE = 'demo'
const WEEKS = 52
const STUDENTS = [
  { name: 'Ada Lovelace', email: 'ada@example.edu' },
  { name: 'Alan Turing', email: 'alan@example.edu' },
  { name: 'Grace Hopper', email: 'grace@example.edu' },
]
const PROMPT =
  'You are the assistant of a first programming course. Explain step by step and in plain words. ' +
  'Help with the next step; do not hand over the complete solution of an exercise.'
const RULES = [
  {
    kind: 'guide',
    pattern: '\\b(homework|exercise|assignment)\\b',
    message: 'The student asks about an exercise: begin with a question that leads to the next step.',
  },
  {
    kind: 'block',
    pattern: '\\bexam (answers|solutions)\\b',
    message: 'Answers to exams are not given here. Ask about the idea behind the question instead.',
  },
]

type Access = Pick<Demo, 'gatewayUrl' | 'consoleUrl' | 'adminToken'>
type Person = { id: string; name: string; email: string; active: boolean }

/** Creates what is missing of the demo course, through the staff's API as the staff would, and finds its keys. */
export async function seed(home: string, access: Access): Promise<Pick<Demo, 'course' | 'students'>> {
  const api = staffApi(access)
  await makeCourse(api)
  const students = await makeStudents(api, access, join(home, 'demo-keys.json'))
  const weeks = { fromWeek: 1, toWeek: WEEKS }
  await unlessAny(api, `/api/courses/${COURSE}/prompts`, [{ ...weeks, text: PROMPT }])
  await unlessAny(
    api,
    `/api/courses/${COURSE}/rules`,
    RULES.map(rule => ({ ...weeks, ...rule })),
  )
  return { course: { id: COURSE }, students }
}

async function makeCourse(api: Api): Promise<void> {
  if (await api.find(`/api/courses/${COURSE}`)) return
  const timezone = Temporal.Now.timeZoneId()
  const today = Temporal.Now.plainDateISO(timezone)
  await api.send('POST', '/api/courses', {
    id: COURSE,
    name: 'Demo course',
    timezone,
    startsOn: today.subtract({ days: today.dayOfWeek - 1 }).toString(),
    weeks: WEEKS,
    weeklyTokens: 100_000,
    defaultMaxTokens: 1024,
    // Every model: the next start may be with another provider.
    models: [],
  })
}

/** A key is shown once, so the demo's are kept; who lost it, or has it from another database, gets a new one. */
async function makeStudents(api: Api, access: Access, keysFile: string): Promise<DemoStudent[]> {
  const path = `/api/courses/${COURSE}/students`
  const kept: Record<string, string> = await readFile(keysFile, 'utf8').then(JSON.parse, () => ({}))
  const present = await api.items<Person>(path)
  const absent = STUDENTS.filter(({ email }) => !present.some(student => student.email === email))
  const added = absent.length > 0 ? await api.send<(Person & { key: string })[]>('POST', path, absent) : []
  const students: DemoStudent[] = added.map(({ id, name, key }) => ({ id, name, key }))
  for (const { id, name, email, active } of present) {
    if (!active || !STUDENTS.some(student => student.email === email)) continue
    const key = (await isAccepted(access, kept[id])) ? kept[id] : await newKey(api, id)
    students.push({ id, name, key: key ?? '' })
  }
  await writePrivately(keysFile, Object.fromEntries(students.map(({ id, key }) => [id, key])))
  return students
}

async function newKey(api: Api, student: string): Promise<string> {
  const { key } = await api.send<{ key: string }>('POST', `/api/students/${encodeURIComponent(student)}/keys`)
  return key
}

async function isAccepted({ gatewayUrl }: Access, key: string | undefined): Promise<boolean> {
  if (!key) return false
  const response = await fetch(`${gatewayUrl}/v1/quota`, { headers: { authorization: `Bearer ${key}` } })
  await response.body?.cancel()
  return response.status !== 401
}

async function unlessAny(api: Api, path: string, bodies: object[]): Promise<void> {
  if ((await api.items(path)).length > 0) return
  for (const body of bodies) await api.send('POST', path, body)
}

type Api = ReturnType<typeof staffApi>

const TIMEOUT_MS = 15_000

function staffApi({ consoleUrl, adminToken }: Access) {
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(consoleUrl + path, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return { status: response.status, text: await response.text() }
  }
  const send = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const { status, text } = await call(method, path, body)
    if (status >= 400) throw new Error(`the demo course: ${method} ${path} answered ${status}: ${text}`)
    return JSON.parse(text || 'null')
  }
  return {
    send,
    find: async <T>(path: string): Promise<T | undefined> => {
      const { status, text } = await call('GET', path)
      if (status === 404) return undefined
      if (status >= 400) throw new Error(`the demo course: GET ${path} answered ${status}: ${text}`)
      return JSON.parse(text)
    },
    items: async <T>(path: string): Promise<T[]> => {
      const items: T[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const query: string = cursor && `?cursor=${encodeURIComponent(cursor)}`
        const page = await send<{ items: T[]; next: string | null }>('GET', path + query)
        items.push(...page.items)
        cursor = page.next
      }
      return items
    },
  }
}
