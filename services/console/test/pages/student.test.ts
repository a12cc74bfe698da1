import t from 'tap'
import { until } from '../lectern.ts'
import { MODEL, RUNNING, startCampus } from '../students-page.ts'
import { axeFaults, openWindow, startBrowser } from './browser.ts'

/** A student's first day, in a browser: a code, a key, a chat, another key. */

t.setTimeout(180_000)
const { url, api, provider } = await startCampus(t)
await api('POST /api/courses', {
  ...RUNNING,
  weeklyTokens: 5000,
  defaultMaxTokens: 500,
  joinDomains: ['x.edu'],
  consentText: 'What you ask is kept.',
})
const { body: course } = await api<{ joinCode: string }>('POST /api/courses/ml-26/join-code')
const browser = await startBrowser()
t.teardown(() => browser.close())
const phone = { viewport: { width: 390, height: 844 }, timezoneId: 'Asia/Shanghai' }
const { page, faults } = await openWindow(browser, url, phone)

const heading = (name: string | RegExp, of = page) => of.getByRole('heading', { name }).waitFor()
const press = (name: string | RegExp, of = page) => of.getByRole('button', { name, exact: true }).click()
const card = (name: string) => page.getByRole('region', { name })
const newKey = async () => (await card('This is your key').locator('pre').textContent()) ?? ''
const enter = async (key: string, of = page) => {
  await of.getByLabel('Your key').fill(key)
  await press('Sign in', of)
}
const left = async () =>
  Number((await card('Left this week').textContent())?.match(/week([\d,]+)of/)?.[1]?.replace(',', ''))
let key = ''

t.test('a wrong code and a wrong key are told in plain words', async t => {
  await page.goto('/me')
  await heading('I have a key')
  await enter('ln_nothing')
  await page.getByText('This key is not valid').waitFor()
  await page.getByRole('textbox', { name: 'Join code' }).fill('aaa-aaa-aaa')
  await press('Continue')
  await page.getByText('There is no course with this code').waitFor()
  t.same(await axeFaults(page), [])
})

t.test('the link of a course leads to its form, and the form to a key that is shown once', async t => {
  await page.goto(`/join#${course.joinCode}`)
  await heading('Join Machine learning')
  t.notMatch(page.url(), course.joinCode)
  await page.getByText('What you ask is kept.').waitFor()
  await press('Join')
  for (const fault of ['Enter your name', 'not an e-mail address', 'accept it to join'])
    await page.getByText(fault).waitFor()
  await page.getByLabel('Your name').fill('Ada Lovelace')
  await page.getByLabel('E-mail').fill('ada@elsewhere.org')
  await page.getByLabel('I have read this').check()
  t.same(await axeFaults(page), [])
  await press('Join')
  await page.getByText('Please use the e-mail address of your university').waitFor()
  await page.getByLabel('E-mail').fill('ada@x.edu')
  await press('Join')
  await heading('This is your key')
  await heading('Machine learning')
  key = await newKey()
  t.match(key, /^ln_/)
  t.equal(await page.evaluate('document.activeElement.id'), 'new-key')
  t.same(await axeFaults(page), [])
})

t.test('the settings name the key while the page knows it, and not afterwards', async t => {
  const settings = card('Use it in your apps')
  t.equal(await settings.getByLabel('Key (API key)', { exact: true }).inputValue(), key)
  await press('I have kept it')
  await page.getByRole('tab', { name: 'Python' }).click()
  t.match(await settings.locator('pre').textContent(), `api_key="${key}"`)
  await page.reload()
  await page.getByRole('tab', { name: 'curl' }).click()
  const curl = await settings.locator('pre').textContent()
  t.match(curl, 'https://gateway.example.edu/v1/chat/completions')
  t.match(curl, 'Bearer YOUR_KEY')
  t.match(curl, MODEL)
  t.notMatch(await page.content(), key)
})

t.test('a chat streams, costs what it costs, and is found among the conversations', async t => {
  await page.getByText('of 5,000 tokens').waitFor()
  t.equal(await left(), 5000)
  t.match(await card('Left this week').textContent(), /your time zone \(Asia\/Shanghai\)/)
  await page.getByLabel('Ask something').fill('What is a gradient?')
  await page.keyboard.press('Enter')
  await press('New chat')
  const conversations = card('Your conversations')
  await conversations.getByRole('link', { name: 'What is a gradient?' }).waitFor()
  await until(left, tokens => tokens < 5000)
  await card('Your use by day').getByRole('table').waitFor()
  t.same(await axeFaults(page), [])
  await conversations.getByRole('link', { name: 'What is a gradient?' }).click()
  await heading('Conversation')
  t.match(await page.getByRole('article').first().textContent(), 'What is a gradient?')
  t.equal(await page.getByRole('article').count(), 2)
  await page.getByRole('link', { name: 'Back to your page' }).click()
})

t.test('an answer can be stopped: what came stays, and the request ends', async t => {
  provider.control.direct({ hang: 'stream', after: 3 }, 1)
  await page.getByLabel('Ask something').fill('A long story')
  await press('Send')
  await page.getByRole('log').getByText('Answer').waitFor()
  await press('Stop')
  await page.getByRole('button', { name: 'New chat' }).waitFor()
  t.equal(await page.getByRole('log').getByRole('article').count(), 2)
  await card('Your conversations').getByRole('link', { name: 'A long story' }).waitFor()
})

t.test('a replaced key ends the old one, and the sessions that were opened with it', async t => {
  const other = await openWindow(browser, url, phone)
  await other.page.goto('/me')
  await enter(key, other.page)
  await heading('Machine learning', other.page)
  await press('Replace the key')
  await heading('Replace your key?')
  await page.getByRole('dialog').getByRole('button', { name: 'Replace the key' }).click()
  await heading('This is your key')
  const old = key
  key = await newKey()
  t.not(key, old)
  await press('I have kept it')
  await other.page.reload()
  await heading('I have a key', other.page)
  await enter(old, other.page)
  await other.page.getByText('This key is not valid').waitFor()
})

t.test('who signs out comes back with the key', async t => {
  await press('Sign out')
  await heading('I have a key')
  t.notMatch(await page.content(), key)
  await enter(key)
  await heading('Machine learning')
  await page.getByText('Hello, Ada Lovelace').waitFor()
})

t.test('a used-up week is told in plain words, and the question is not lost', async t => {
  await api('PATCH /api/courses/ml-26', { weeklyTokens: 1 })
  await page.getByLabel('Ask something').fill('Once more')
  await press('Send')
  await page.getByText('Your tokens of this week do not suffice').waitFor()
  t.equal(await page.getByLabel('Ask something').inputValue(), 'Once more')
})

t.test('the pages have asked for nothing that their policy forbids', async t => {
  t.same(
    faults.filter(fault => !/status of 4\d\d/.test(fault)),
    [],
  )
})
