import { randomUUIDv7 } from 'node:crypto'
import { ReserveCall } from '@lectern/shared/contracts/quota.ts'
import { hashKey } from '@lectern/shared/keys.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import t from 'tap'
import type { Use } from '../../src/use-tables.ts'
import { COURSE, type Imported, until } from '../lectern.ts'
import { record, startLectern } from '../real-services.ts'
import { signedIn } from '../staff.ts'
import { axeFaults, openWindow, startBrowser } from './browser.ts'

/** How a course uses what it has: the real page over the real services, in both sizes and themes. */

const lectern = await startLectern(t)
const { url, api, operator } = lectern
const { email } = await signedIn(lectern, { name: 'Ada', isAdmin: true })
const startsOn = Temporal.Now.plainDateISO('UTC').subtract({ days: 7 }).toString()
const prices = { modelPrices: { large: { input: 1000, cachedInput: 100, output: 2000 } }, currency: 'EUR' }
await api('POST /api/courses', { ...COURSE, id: 'ml', name: 'Machine learning', startsOn, ...prices })
await api('POST /api/courses', { ...COURSE, id: 'quiet', name: 'A quiet course', startsOn })
await api('POST /api/courses/ml/students', [
  { id: 'grace', name: 'Grace Hopper', email: 'grace@example.edu' },
])

const ask = (week: number, chargeTokens: number) =>
  record(operator, {
    ...{ id: randomUUIDv7(), courseId: 'ml', studentId: 'grace', week, chargeTokens, model: 'large' },
    ...{
      question: 'What is a monad?',
      answer: 'A monoid.',
      startedAtMs: Date.now() - (2 - week) * 604_800_000,
    },
  })
await ask(1, 500)
await ask(1, 500)
await ask(2, 1010)
await until(
  () => api<{ weeks: { requests: number }[] }>('GET /api/courses/ml/use'),
  ({ body }) => body.weeks.reduce((sum, { requests }) => sum + requests, 0) === 3,
)
const browser = await startBrowser()
t.teardown(() => browser.close())

t.test('a week at a glance, in both sizes and themes', async t => {
  for (const [width, colorScheme] of [
    [390, 'dark'],
    [1280, 'light'],
  ] as const) {
    const viewport = { width, height: 844 }
    const { page, faults } = await openWindow(browser, url, { email, viewport, colorScheme })
    await page.goto('/courses/ml/use')
    await page.getByRole('heading', { name: 'When it was asked' }).waitFor()
    await page.getByText('1,010').first().waitFor()
    await page.getByText('€2.01').first().waitFor()
    await page.getByText('Week 1: 1,000').waitFor()
    t.same(await axeFaults(page), [], `${width} ${colorScheme}`)
    t.notOk(
      await page.evaluate('document.documentElement.scrollWidth > innerWidth'),
      'no wider than the screen',
    )
    t.same(faults, [])
  }
})

t.test('another week is chosen on the strip, and each table is a file', async t => {
  const { page } = await openWindow(browser, url, { email })
  await page.goto('/courses/ml/use')
  await page.getByRole('button', { name: /^1\b/ }).click()
  await page.waitForURL(/week=1/)
  await page.getByRole('row', { name: /large 2/ }).waitFor()
  const trend = page.getByRole('region', { name: 'All weeks' })
  await trend.getByText('As a table').click()
  await trend.getByRole('row', { name: /Week 2 1 1,010/ }).waitFor()
  const days = page.getByRole('region', { name: 'Day by day' })
  await days.getByText('As a table').click()
  await days.getByRole('row').nth(7).waitFor()
  t.equal(await days.getByRole('row').count(), 8, 'each day of the week, and the heading')
  await days.getByRole('row', { name: / 2 1,000$/ }).waitFor()
  const links = await page.getByRole('link', { name: /^CSV/ }).all()
  t.equal(links.length, 9)
  for (const link of links) {
    const address = (await link.getAttribute('href')) ?? ''
    t.match(address, /week=1$/)
    const answer = await page.request.get(address)
    t.equal(answer.status(), 200, address)
    t.match(answer.headers()['content-type'], /^text\/csv/)
  }
})

t.test('what was refused before it began is there with its reason', async t => {
  const { body: imported } = await api<Imported[]>('POST /api/courses/ml/students', [
    { id: 'eve', name: 'Eve', email: 'eve@example.edu' },
  ])
  const question = {
    ...{ keyHash: hashKey(imported[0]?.key ?? ''), model: 'large', inputTokens: 200_000 },
    ...{ maxOutputTokens: 1, choices: 1, lowerOutput: true, ttlMs: 1000 },
  }
  const reserve = requester(operator, ReserveCall)
  for (let i = 0; i < 2; i++) {
    t.match(await reserve({ ...question, reservationId: randomUUIDv7() }), { reason: 'insufficient_quota' })
  }
  const { page } = await openWindow(browser, url, { email })
  await until(
    () => api<Use>('GET /api/courses/ml/use'),
    ({ body }) => body.refusals[0]?.requests === 2,
  )
  await page.goto('/courses/ml/use')
  await page.getByRole('row', { name: 'No tokens left in the week insufficient_quota 2 1' }).waitFor()
})

t.test('the numbers of the running week follow what happens', async t => {
  const { page, faults } = await openWindow(browser, url, { email })
  await page.goto('/courses/ml/use')
  await page.getByText('1,010').first().waitFor()
  await ask(2, 90)
  await page.getByText('1,100').first().waitFor()
  t.same(faults, [])
})

t.test('a course in which nothing was asked says so', async t => {
  const { page } = await openWindow(browser, url, { email })
  await page.goto('/courses/quiet/use')
  await page.getByText('Week 2: nothing was asked').waitFor()
  t.same(await axeFaults(page), [])
})
