import { OfferSetupCall } from '@lectern/shared/contracts/staff.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { Page } from 'playwright-core'
import t from 'tap'
import { newSecret } from '../../src/secret.ts'
import { PASSWORD } from '../browser.ts'
import { startLectern } from '../real-services.ts'
import { openWindow, startBrowser } from './browser.ts'

/** From the link in the log to a course with an assistant, as people do it: in a browser, one after the other. */

const { url, operator } = await startLectern(t)
const browser = await startBrowser()
t.teardown(() => browser.close())

const link = newSecret()
await requester(operator, OfferSetupCall)({ linkHash: link.hash })
const admin = await openWindow(browser, url)
const { page } = admin
const title = (name: string | RegExp, of: Page = page) =>
  of.getByRole('heading', { name, level: 1 }).waitFor()

t.test('the link in the log makes the first account', async t => {
  await page.goto('/')
  await title('Sign in')
  await page.getByText('Nobody has an account here yet').waitFor()
  await page.goto(`/setup#${link.text}`)
  await title('Welcome to Lectern')
  t.notMatch(page.url(), link.text, 'the token is not in the address any more')
  await page.getByLabel('Your name').fill('Ada Lovelace')
  await page.getByLabel('E-mail').fill('ada')
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.getByRole('button', { name: 'Make the account' }).click()
  for (const fault of ['This is not an e-mail address', 'Use at least 12 characters', 'not the same']) {
    t.ok(await page.getByText(fault).isVisible(), fault)
  }
  await page.getByLabel('E-mail').fill('ada@example.edu')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByLabel('Password, once more').fill(PASSWORD)
  await page.getByRole('button', { name: 'Make the account' }).click()
  await title('Courses')
  await page.getByText('No courses yet').waitFor()
})

t.test('a course is made, with a break that is chosen on the calendar', async t => {
  await page.getByRole('link', { name: 'New course' }).first().click()
  await page.getByLabel('Name of the course').fill('Machine Learning')
  t.equal(await page.getByLabel('Short name').inputValue(), 'machine-learning')
  await page.getByLabel('First day').fill('2026-10-12')
  await page.getByRole('button', { name: 'Create the course' }).click()
  await title('Students')
  await page.getByRole('link', { name: 'Settings' }).click()
  await title('Course settings')
  const strip = page.getByRole('list', { name: 'Weeks and breaks' })
  t.equal(await strip.getByRole('listitem').count(), 15)
  await strip.getByRole('button').nth(10).click()
  t.equal(await strip.getByRole('listitem').count(), 16, 'the weeks are as many as before')
  t.equal(await strip.getByRole('button').nth(10).getAttribute('aria-pressed'), 'true')
  await page.getByRole('button', { name: 'Save' }).nth(1).click()
  await page.getByText('Saved', { exact: true }).waitFor()
  await page.reload()
  t.equal(await strip.getByRole('button').nth(10).getAttribute('aria-pressed'), 'true', 'it was kept')
})

t.test('an assistant is invited by a link, sees the course and changes nothing', async t => {
  await page.goto('/staff')
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  await page.getByLabel('Name').fill('Alan Turing')
  await page.getByLabel('E-mail').fill('alan@example.edu')
  await page.getByRole('combobox', { name: 'For a course' }).click()
  await page.getByRole('option', { name: 'Machine Learning' }).click()
  await page.getByRole('combobox', { name: 'Role' }).click()
  await page.getByRole('option', { name: 'Assistant' }).click()
  await page.getByRole('button', { name: 'Make a link' }).click()
  const invitation = (await page.getByRole('dialog').locator('pre').textContent()) ?? ''
  const other = await openWindow(browser, url)
  await other.page.goto(invitation)
  await other.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await other.page.getByLabel('Password, once more').fill(PASSWORD)
  await other.page.getByRole('button', { name: 'Save and sign in' }).click()
  await title('Courses', other.page)
  await other.page.getByRole('link', { name: 'Machine Learning' }).click()
  await other.page.getByRole('link', { name: 'Students' }).click()
  await title('Students', other.page)
  t.equal(await other.page.getByRole('link', { name: 'Bring in a list' }).count(), 0)
  await other.page.getByRole('link', { name: 'Settings' }).click()
  t.ok(await other.page.getByLabel('Name of the course').isDisabled())
  t.equal(await other.page.getByRole('button', { name: 'Save' }).count(), 0)
  t.equal(await other.page.getByRole('link', { name: 'What was done' }).count(), 0)
  const again = await openWindow(browser, url)
  await again.page.goto(invitation)
  await again.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await again.page.getByLabel('Password, once more').fill(PASSWORD)
  await again.page.getByRole('button', { name: 'Save and sign in' }).click()
  t.match(await again.page.getByRole('alert').textContent(), /not valid any more/)
})

t.test('who signs out is out, and comes back to the page that was open', async t => {
  await page.goto('/courses/machine-learning/settings')
  await page.getByRole('button', { name: 'Account of Ada Lovelace' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await title('Sign in')
  await page.goto('/courses/machine-learning/settings')
  await title('Sign in')
  await page.getByLabel('E-mail').fill('ada@example.edu')
  await page.getByLabel('Password').fill('not the password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  t.match(await page.getByRole('alert').textContent(), /do not match/)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await title('Course settings')
  await page.goto('/sign-in?to=https://evil.example/')
  await page.getByLabel('E-mail').fill('ada@example.edu')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await title('Courses')
  t.equal(new URL(page.url()).origin, url, 'a link leads to no other site')
})

t.test("whoever the university's sign-in sends back is told why, and students find their page", async t => {
  const { page: nobody } = await openWindow(browser, url)
  for (const [error, text] of [
    ['not_invited', 'Nobody has invited you yet'],
    ['no_such_reason', 'Signing in did not work'],
  ]) {
    await nobody.goto(`/sign-in?error=${error}`)
    t.match(await nobody.getByRole('alert').textContent(), text)
  }
  await nobody.getByRole('link', { name: 'Are you a student?' }).click()
  await nobody.getByRole('heading', { name: 'I have a key' }).waitFor()
  await nobody.getByRole('link', { name: 'Do you teach?' }).click()
  await title('Sign in', nobody)
})

t.test('language and colours are changed at once, and remembered', async t => {
  await page.goto('/courses')
  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitem', { name: '简体中文' }).click()
  await title('课程')
  await page.getByRole('button', { name: '深色' }).click()
  await page.reload()
  await title('课程')
  t.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), 'dark')
  t.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
})

t.test('the pages have asked for nothing that their policy forbids', async t => {
  t.same(
    admin.faults.filter(fault => !/status of 40[13]/.test(fault)),
    [],
  )
})
