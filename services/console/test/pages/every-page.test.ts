import t from 'tap'
import { COURSE } from '../lectern.ts'
import { signedIn } from '../staff.ts'
import { startCampus } from '../students-page.ts'
import { axeFaults, openWindow, startBrowser } from './browser.ts'

/** Each page on a phone and on a desk, light and dark, in both languages: no serious fault, nothing refused, nothing too wide. */

// Many pages on a busy machine.
t.setTimeout(120_000)
const lectern = await startCampus(t)
const { url, api } = lectern
const startsOn = Temporal.Now.plainDateISO(COURSE.timezone).toString()
const weights = { large: { input: 3000, cachedInput: 300, output: 12_000 } }
await api('POST /api/courses', { ...COURSE, id: 'ml', startsOn, models: ['large'], modelWeights: weights })
await api('POST /api/courses', { ...COURSE, id: 'empty', startsOn })
await api('POST /api/courses/ml/students', [
  { id: 's1', name: 'Ada Lovelace', email: 'a.name.that.is.quite.long@students.example.edu' },
  { id: 's2', name: '王小明', email: 'wang@example.edu' },
])
await api('POST /api/students/s1/grants', { week: 1, tokens: 5000, reason: 'project work' })
await api('POST /api/courses/ml/prompts', { fromWeek: 1, toWeek: 1999, text: 'You are a tutor.' })
await api('POST /api/courses/ml/rules', {
  kind: 'block',
  pattern: 'x+',
  message: 'No.',
  fromWeek: 1,
  toWeek: 2,
})
const { email } = await signedIn(lectern, { name: 'Ada', isAdmin: true })
await signedIn(lectern, { name: 'Alan', courses: [{ id: 'ml', role: 'assistant' }] })
const browser = await startBrowser()
t.teardown(() => browser.close())

const PUBLIC = [
  '/sign-in',
  '/sign-in?error=expired',
  '/setup#token',
  '/invite#token',
  '/invite',
  '/me',
  '/join',
]
const STAFF = [
  ...['/courses', '/new-course', '/staff', '/audit', '/account', '/no/such/page'],
  ...[
    '/courses/ml/students',
    '/courses/empty/students',
    '/courses/ml/students/import',
    '/courses/ml/students/s1',
  ],
  ...['/courses/ml/staff', '/courses/ml/audit', '/courses/ml/settings'],
  ...['/courses/ml/use', '/courses/ml/conversations'],
  ...['/courses/ml/prompts', '/courses/ml/prompts/new', '/courses/ml/rules', '/courses/empty/rules'],
]
const LOOKS = [
  { viewport: { width: 390, height: 844 }, colorScheme: 'light', locale: 'zh-CN' },
  { viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'en-GB' },
] as const

for (const look of LOOKS) {
  const name = `${look.viewport.width} ${look.colorScheme} ${look.locale}`
  t.test(`the pages for everybody: ${name}`, t => visit(t, PUBLIC, openWindow(browser, url, look)))
  t.test(`the pages of the staff: ${name}`, t =>
    visit(t, STAFF, openWindow(browser, url, { ...look, email })),
  )
}

async function visit(
  t: { same(found: unknown, wanted: unknown, message: string): unknown },
  paths: string[],
  opened: ReturnType<typeof openWindow>,
): Promise<void> {
  const { page, faults, context } = await opened
  for (const path of paths) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.locator('.mantine-Loader-root').first().waitFor({ state: 'detached' })
    t.same(await axeFaults(page), [], path)
    const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    t.same(Math.max(0, Number(tooWide)), 0, `${path} is not wider than the window`)
  }
  t.same(faults, [], 'nothing was refused')
  await context.close()
}
