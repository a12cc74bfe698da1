import { execFile } from 'node:child_process'
import { randomUUIDv7 } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OfferSetupCall } from '@lectern/shared/contracts/staff.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import t from 'tap'
import { newSecret } from '../src/secret.ts'
import { clientOf, startConsole, TOKEN, until } from './lectern.ts'
import { record } from './real-services.ts'
import { startCampus } from './students-page.ts'

// Every command of a long page.
t.setTimeout(120_000)

const DOCS = new URL('../../../docs/', import.meta.url)

t.test('docs/api.md has a curl for every route, and none that does not exist', async t => {
  const { url } = await startConsole(t)
  const { body } = await clientOf(url, null)<{ paths: Record<string, object> }>('GET /openapi.json')
  const routes = Object.entries(body.paths)
    .flatMap(([path, methods]) => Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`))
    .filter(route => !route.includes('openapi'))
  const page = await readFile(new URL('api.md', DOCS), 'utf8')
  const shown = new Set(
    curlsOf(page).map(curl => routes.find(route => matches(route, curl)) ?? `unknown: ${curl}`),
  )
  t.same([...shown].toSorted(), routes.toSorted())
})

t.test('every page of docs/clients is linked from its index and names the base URL', async t => {
  const folder = new URL('clients/', DOCS)
  const index = await readFile(new URL('README.md', folder), 'utf8')
  for (const file of (await readdir(folder)).filter(name => name !== 'README.md')) {
    t.ok(index.includes(`(${file})`), `${file} is linked`)
    t.match(await readFile(new URL(file, folder), 'utf8'), /https?:\/\/<host>/, `${file} names the address`)
  }
})

t.test('every command of docs/api.md works as it stands there, against the real services', async t => {
  const { api, url, operator } = await startCampus(t)
  const folder = await mkdtemp(join(tmpdir(), 'lectern-docs-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'roster.csv'), 'first name;last name;email\nGrace;Hopper;grace@example.edu\n')
  const idOf = async (route: string, body: unknown) => {
    const answer = await api<{ id: string } | { id: string }[]>(route, body)
    return [answer.body].flat()[0]?.id ?? ''
  }
  const weeks = { fromWeek: 1, toWeek: 1 }
  /** What a section's variables stand for. */
  const variables: Record<string, () => Promise<Record<string, string>>> = {
    'Signing in': async () => {
      const { text, hash } = newSecret()
      await requester(operator, OfferSetupCall)({ linkHash: hash })
      return { SETUP_TOKEN: text }
    },
    Staff: async () => {
      const invited = await api<{ id: string; inviteUrl: string }>('POST /api/staff', {
        email: 'adam@example.edu',
        name: 'Adam',
      })
      const { id, inviteUrl } = invited.body
      return { STAFF_ID: id, INVITE_TOKEN: inviteUrl.split('#')[1] ?? '' }
    },
    Students: async () => ({
      STUDENT_ID: await idOf('POST /api/courses/ml-26/students', [
        { name: 'Spare', email: 'spare@example.edu' },
      ]),
    }),
    Keys: async () => ({
      KEY_ID: await idOf('POST /api/students/s1/keys', {}),
      OTHER_KEY_ID: await idOf('POST /api/students/s1/keys', {}),
    }),
    'Prompts and rules': async () => ({
      RULE_ID: await idOf('POST /api/courses/ml-26/rules', {
        kind: 'guide',
        pattern: 'x',
        message: 'm',
        ...weeks,
      }),
    }),
    Conversations: async () => {
      const id = randomUUIDv7()
      const asked = { courseId: 'ml-26', studentId: 's1', week: 1, chargeTokens: 40 }
      await record(operator, { id, ...asked, question: 'q', answer: 'a' })
      const kept = () => api(`GET /api/conversations/${id}`)
      await until(kept, ({ status }) => status === 200)
      const note = await idOf(`POST /api/conversations/${id}/notes`, { text: 'spare' })
      return { CONVERSATION_ID: id, NOTE_ID: note, RULE_ID: 'a-rule' }
    },
  }
  const studentsPage = async () => {
    const keep = async () => {
      const id = randomUUIDv7()
      const asked = { courseId: 'ml-26', studentId: 's1', week: 1, chargeTokens: 40 }
      await record(operator, { id, ...asked, question: 'q', answer: 'a' })
      await until(
        () => api(`GET /api/conversations/${id}`),
        ({ status }) => status === 200,
      )
      return id
    }
    const { body: course } = await api<{ joinCode: string }>('POST /api/courses/ml-26/join-code')
    const { body: made } = await api<{ key: string }>('POST /api/students/s1/keys')
    return { JOIN_CODE: course.joinCode, STUDENT_KEY: made.key, CONVERSATION_ID: await keep() }
  }
  variables["Students' page"] = studentsPage
  const { functions, sections } = shellOf(await readFile(new URL('api.md', DOCS), 'utf8'))
  t.equal(sections.length, 13)
  for (const { title, commands } of sections) {
    const own = await variables[title]?.()
    const fail = 'curl() { command curl --fail-with-body "$@"; }'
    const run = promisify(execFile)('bash', ['-euc', `${fail}\n${functions}\n${commands}`], {
      cwd: folder,
      env: { PATH: process.env.PATH, CONSOLE: url, ADMIN_TOKEN: TOKEN, ...own },
    })
    await t.resolves(run, title)
  }
})

/** The shell of the page: its functions, and the commands under each heading; the course begins this week. */
function shellOf(page: string) {
  const startsOn = Temporal.Now.plainDateISO('Europe/Berlin').subtract({ days: 2 }).toString()
  const sections = [...page.matchAll(/^## (.+)\n\n```sh\n([\s\S]*?)```/gm)].map(
    ([, title = '', commands = '']) => ({
      title,
      commands: commands.replace('2026-11-02', startsOn),
    }),
  )
  return { functions: (page.match(/^(api|csv|me)\(\).*$/gm) ?? []).join('\n'), sections }
}

/** `GET /api/courses/ml-26` for each line of the page that asks. */
function curlsOf(page: string): string[] {
  const lines = page.matchAll(/^(?:api|csv|me|curl -sS)\b([^"\n]*)"\$CONSOLE(\/[^"?]*)[^"]*"(.*)$/gm)
  return [...lines].map(([, before = '', path = '', after = '']) => {
    const named = /-X (\w+)/.exec(before)?.[1]
    const sends = !before.includes('-G') && /(^| )(-d|--data-binary) /.test(before + after)
    return `${named ?? (sends ? 'POST' : 'GET')} ${path}`
  })
}

function matches(route: string, curl: string): boolean {
  const pattern = route.replace(/\{\w+\}/g, '[^/ ]+')
  return new RegExp(`^${pattern}$`).test(curl)
}
