import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { COURSE, type Imported } from '../lectern.ts'
import { startLectern } from '../real-services.ts'
import { signedIn } from '../staff.ts'
import { axeFaults, openWindow, startBrowser } from './browser.ts'

/** A roster from a spreadsheet to a student's new key, in a browser, on the real services. */

const lectern = await startLectern(t)
const { url, api } = lectern
const startsOn = Temporal.Now.plainDateISO(COURSE.timezone).toString()
await api('POST /api/courses', { ...COURSE, id: 'ml', startsOn })
const { email } = await signedIn(lectern, { name: 'Ada', isAdmin: true })
const browser = await startBrowser()
t.teardown(() => browser.close())
const { page, faults } = await openWindow(browser, url, { email, acceptDownloads: true })
const title = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor()

const EVIL = '<img src=x onerror=document.title="stolen">'
const upload = (name: string, content: string) =>
  page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })

t.test('the faults of a list are told by line, and nothing is changed', async t => {
  await page.goto('/courses/ml/students')
  await page.getByText('No students yet').waitFor()
  await page.getByRole('link', { name: 'Bring in a list' }).click()
  await title('Bring in a list of students')
  await upload('bad.csv', 'name,email\nAda,ada@example.edu\n,alan@example.edu\nGrace,grace\n')
  await page.getByText('2 lines are not right').waitFor()
  t.same(await axeFaults(page), [])
  const table = await page.getByRole('table', { name: 'What is not right' }).textContent()
  t.match(table, /Line 3.*lacks the name.*Line 4.*not an e-mail address/s)
  t.equal(await page.getByRole('button', { name: 'Do it' }).count(), 0)
  const { body } = await api<{ items: unknown[] }>('GET /api/courses/ml/students')
  t.same(body.items, [])
})

t.test('a list is looked at, brought in, and its keys are saved once', async t => {
  await page.getByRole('button', { name: 'Another list' }).click()
  await upload(
    'good.csv',
    `name;email\nAda;ada@example.edu\n=1+1;alan@example.edu\n"${EVIL.replaceAll('"', '""')}";grace@example.edu\n`,
  )
  await page.getByText('3 new, 0 changed, 0 dropped, 0 as they are').waitFor()
  t.same((await api<{ items: unknown[] }>('GET /api/courses/ml/students')).body.items, [], 'not yet')
  await page.getByRole('button', { name: 'Do it' }).click()
  await title('The list is in')
  t.same(await axeFaults(page), [])
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as a table (CSV)' }).click()
  const saved = await saving
  t.equal(saved.suggestedFilename(), 'ml-keys.csv')
  const rows: Imported[] = parse(await readFile(await saved.path(), 'utf8'), { bom: true, columns: true })
  t.same(
    rows.map(({ name }) => name),
    ['Ada', "'=1+1", EVIL],
    'nothing is a formula, and nothing is lost',
  )
  for (const { key } of rows) t.match(key, /^ln_/)
})

t.test('what a list does to those who are there is shown before it is done', async () => {
  await page.goto('/courses/ml/students/import')
  await page
    .getByLabel('Copied cells')
    .fill('name\temail\nAda King\tada@example.edu\nEdsger\tedsger@example.edu\n')
  await page.getByRole('button', { name: 'Look at it' }).click()
  await page.getByText('1 new, 1 changed, 0 dropped').waitFor()
  await page.getByText('Ada · ada@example.edu → Ada King · ada@example.edu').waitFor()
  await page.getByLabel('This is the whole list').check()
  await page.getByText('1 new, 1 changed, 2 dropped').waitFor()
  await page.getByLabel('This is the whole list').uncheck()
  await page.getByText('1 new, 1 changed, 0 dropped').waitFor()
  await page.getByRole('button', { name: 'Do it' }).click()
  await title('The list is in')
  const question = page.getByRole('dialog', { name: 'Leave without saving?' })
  await page.getByRole('link', { name: 'To the students' }).click()
  await question.getByRole('button', { name: 'Stay here' }).click()
  await question.waitFor({ state: 'detached' })
  await title('The list is in')
  await page.getByRole('link', { name: 'To the students' }).click()
  await question.getByRole('button', { name: 'Leave', exact: true }).click()
  await title('Students')
})

t.test('names are text, whatever they look like; the search finds them', async t => {
  await page.getByRole('link', { name: EVIL }).waitFor()
  t.equal(await page.locator('main img').count(), 0)
  t.notMatch(await page.title(), 'stolen')
  await page.getByRole('searchbox').fill('KING')
  await page.getByText('Ada King', { exact: true }).waitFor()
  await page.getByText('Edsger', { exact: true }).waitFor({ state: 'detached' })
  t.equal(await page.getByRole('row').count(), 2, 'the heading and one')
})

t.test('several get more tokens for a reason, and each ledger says so', async t => {
  await page.getByRole('searchbox').fill('')
  await page.getByText('Edsger', { exact: true }).waitFor()
  await page.getByRole('checkbox', { name: 'Choose Ada King' }).check()
  await page.getByRole('checkbox', { name: 'Choose Edsger' }).check()
  await page.getByRole('button', { name: 'Give 2 students more tokens' }).click()
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByText('Say why').waitFor()
  t.same(await axeFaults(page), [])
  await page.getByLabel('Tokens for each of them').fill('5000')
  await page.getByRole('textbox', { name: 'Why' }).fill('project work')
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByText('2 students got 5,000 tokens each').waitFor()
  await page.getByText('105,000 of 105,000').first().waitFor()
  await page.getByRole('link', { name: 'Ada King' }).click()
  await title('Ada King')
  await page.getByText('project work').waitFor()
  await page.getByText('+5,000').waitFor()
})

t.test('a key is replaced and shown once; a student is dropped', async t => {
  await page.getByRole('button', { name: 'Replace' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click()
  const key = await page.getByRole('dialog', { name: 'Key of Ada King' }).locator('pre').textContent()
  t.match(key, /^ln_/)
  t.same(await axeFaults(page), [])
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText('ended', { exact: true }).waitFor()
  t.notMatch(await page.content(), key ?? '-')
  await page.getByRole('button', { name: 'Drop' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click()
  await page.getByText('This student was dropped').waitFor()
  t.equal(await page.getByRole('button', { name: 'Replace' }).count(), 0)
})

t.test('the pages have asked for nothing that their policy forbids', async t => {
  t.same(faults, [])
})
