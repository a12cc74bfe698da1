import { randomUUIDv7 } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { COURSE, until } from '../lectern.ts'
import { record, startLectern } from '../real-services.ts'
import { signedIn } from '../staff.ts'
import { axeFaults, openWindow, startBrowser, type Window } from './browser.ts'

/** Staff find, read, mark, take along and erase what was asked: the real pages over the real services. */

const lectern = await startLectern(t)
const { url, api, operator } = lectern
const { email } = await signedIn(lectern, { name: 'Ada', isAdmin: true })
const startsOn = Temporal.Now.plainDateISO('UTC').toString()
await api('POST /api/courses', { ...COURSE, id: 'ml', name: 'Machine learning', startsOn })
await api('POST /api/courses/ml/students', [
  { id: 'grace', name: 'Grace Hopper', email: 'grace@example.edu' },
  { id: 'alan', name: 'Alan Turing', email: 'alan@example.edu' },
])

/** What a model might be brought to write. */
const EVIL =
  'A **monad** is\n\n<img src="https://evil.example/x.png" onerror="document.title=1"> ![p](https://evil.example/p.png)\n\n[link](javascript:alert(1))\n\n```\ncode\n```'

const now = Date.now()
const ask = async (studentId: string, question: string, part: Partial<Parameters<typeof record>[1]> = {}) => {
  const id = randomUUIDv7()
  await record(operator, {
    id,
    courseId: 'ml',
    studentId,
    week: 1,
    chargeTokens: 20,
    question,
    answer: 'Yes.',
    ...part,
  })
  return id
}
const first = await ask('grace', 'What is a monad?', {
  startedAtMs: now - 3000,
  answer: EVIL,
  model: 'large',
})
const chat = [
  { role: 'user', content: 'What is a monad?' },
  { role: 'assistant', content: EVIL },
  { role: 'user', content: 'And a functor, Grace Hopper asks?' },
]
await ask('grace', 'And a functor, Grace Hopper asks?', {
  startedAtMs: now - 2000,
  messages: chat,
  model: 'large',
})
await ask('alan', 'Can machines think?', { startedAtMs: now - 1000, outcome: 'upstream_failed', answer: '' })
await until(
  () => api<{ items: unknown[] }>('GET /api/conversations?course=ml'),
  ({ body }) => body.items.length === 3,
)

const browser = await startBrowser()
t.teardown(() => browser.close())
async function openPage(path: string): Promise<Window> {
  const window = await openWindow(browser, url, { email })
  await window.page.goto(path)
  return window
}

t.test('a conversation is found, and its address can be shared', async t => {
  const { page, faults } = await openPage('/courses/ml/conversations')
  await page.getByText('Can machines think?').waitFor()
  t.equal(await page.getByRole('list', { name: 'Conversations' }).getByRole('listitem').count(), 3)
  t.same(await axeFaults(page), [])
  await page.getByRole('button', { name: 'Filters' }).click()
  await page.getByRole('combobox', { name: 'Student' }).fill('grace')
  await page.getByRole('option', { name: 'Grace Hopper' }).click()
  await page.getByText('Can machines think?').waitFor({ state: 'detached' })
  t.same(await axeFaults(page), [])
  await page.getByRole('textbox', { name: 'Search questions and answers' }).fill('functor')
  await page.keyboard.press('Enter')
  await page.getByText('What is a monad?').waitFor({ state: 'detached' })
  t.equal(new URL(page.url()).search, '?student=grace&q=functor')
  const shared = await openPage(page.url())
  await shared.page.getByRole('link', { name: 'And a functor' }).click()
  await shared.page.getByRole('link', { name: 'All conversations' }).click()
  await shared.page.waitForURL(/conversations\?/)
  t.equal(new URL(shared.page.url()).search, '?student=grace&q=functor', 'the way back has the filters')
  await page.getByRole('button', { name: 'Remove the filter Grace Hopper' }).click()
  await page.waitForURL(address => address.search === '?q=functor')
  t.same([...faults, ...shared.faults], [])
})

t.test('a conversation is read: its chat, its facts, a flag and a note', async t => {
  const { page, faults } = await openPage('/courses/ml/conversations?student=grace')
  await page.getByRole('link', { name: 'And a functor' }).click()
  await page.getByRole('heading', { name: 'Grace Hopper', level: 1 }).waitFor()
  await page.getByRole('heading', { name: 'This chat' }).waitFor()
  t.equal(await page.getByRole('article').count(), 4)
  t.equal(await page.locator('article img').count(), 0, 'a picture is not fetched')
  t.equal(await page.locator('article a[href^="javascript"]').count(), 0)
  t.match(await page.getByRole('article').nth(1).textContent(), '<img src=', 'HTML stays text')
  t.same(await axeFaults(page), [])
  await page.getByRole('button', { name: 'Flag' }).click()
  await page.getByRole('button', { name: 'Flagged' }).waitFor()
  await page.getByRole('textbox', { name: 'A note' }).fill('<b>Look</b> at this')
  await page.getByRole('button', { name: 'Add note' }).click()
  await page.getByText('<b>Look</b> at this').waitFor()
  await page.getByRole('button', { name: 'Older conversation' }).click()
  await page.waitForURL(new RegExp(first))
  t.equal(await page.getByRole('button', { name: 'Older conversation' }).isDisabled(), true)
  await page.getByRole('link', { name: 'All conversations' }).click()
  await page.getByText('1 note').waitFor()
  await page.getByRole('link', { name: 'And a functor' }).click()
  await page.getByRole('button', { name: 'Remove this note' }).click()
  await page.getByText('<b>Look</b> at this').waitFor({ state: 'detached' })
  t.same(faults, [])
})

t.test('a failed request says so, and a conversation that is not there is not found', async t => {
  const { page } = await openPage('/courses/ml/conversations?outcome=upstream_failed')
  await page.getByRole('link', { name: 'Can machines think?' }).click()
  await page.getByText('No provider answered. Nothing was charged.').waitFor()
  await page.goto(`/courses/ml/conversations/${randomUUIDv7()}`)
  await page.getByText('This does not exist, or not any more.').waitFor()
  t.same(await axeFaults(page), [])
})

t.test('what is shown is taken along as a file, without names', async t => {
  const { page, faults } = await openPage('/courses/ml/conversations?student=grace')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('dialog').getByText('The conversations that fit: Grace Hopper.').waitFor()
  t.same(await axeFaults(page), [])
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download' }).click()
  const text = await readFile(await (await download).path(), 'utf8')
  t.equal((await download).suggestedFilename(), 'ml-conversations.csv')
  t.match(text, /And a functor, student-/)
  t.notMatch(text, /Grace Hopper|grace|Can machines/)
  t.same(faults, [])
})

t.test('what comes meanwhile is counted, and shown when somebody asks', async t => {
  const { page, faults } = await openPage('/courses/ml/conversations')
  await page.getByText('Can machines think?').waitFor()
  await ask('alan', 'Is it new?')
  await page.getByRole('button', { name: '1 new' }).waitFor()
  t.equal(await page.getByText('Is it new?').count(), 0, 'no row has moved')
  await page.getByRole('button', { name: '1 new' }).click()
  await page.getByText('Is it new?').waitFor()
  t.equal(await page.getByRole('button', { name: '1 new' }).count(), 0)
  await page.getByRole('button', { name: 'Live' }).click()
  await ask('alan', 'Is it missed?')
  await until(
    () => api<{ items: unknown[] }>('GET /api/conversations?course=ml'),
    ({ body }) => body.items.length === 5,
  )
  t.equal(await page.getByRole('button', { name: '1 new' }).count(), 0, 'paused')
  await page.getByRole('button', { name: 'Paused' }).click()
  await page.getByRole('button', { name: '1 new' }).waitFor()
  t.same(faults, [])
})

t.test("a student's texts are erased by whoever types whose, and the receipt is kept", async t => {
  const { page, faults } = await openPage('/courses/ml/conversations?student=grace')
  await page.getByRole('button', { name: 'Erase data' }).click()
  const submit = page.getByRole('button', { name: 'Erase for good' })
  await page.getByRole('textbox', { name: 'Reason' }).fill('Asked for by the student')
  await page.getByRole('textbox', { name: 'Type grace to confirm' }).fill('alan')
  t.equal(await submit.isDisabled(), true)
  t.same(await axeFaults(page), [])
  await page.getByRole('textbox', { name: 'Type grace to confirm' }).fill('grace')
  await submit.click()
  await page.getByText('Keep this receipt').waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save receipt' }).click()
  const receipt = JSON.parse(await readFile(await (await download).path(), 'utf8'))
  t.match(receipt, { student: 'grace', records: 2, actor: email, digest: /^[0-9a-f]{64}$/ })
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('link', { name: '(erased)' }).first().click()
  await page.getByText('What was written here has been erased.').waitFor()
  t.same(faults, [])
})
