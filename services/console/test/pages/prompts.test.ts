import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { COURSE } from '../lectern.ts'
import { signedIn } from '../staff.ts'
import { MODEL, startCampus } from '../students-page.ts'
import { axeFaults, openWindow, startBrowser } from './browser.ts'

/** What the model is told, by which models, and what is not asked: written, looked at, published, taken back; in a browser, on the real services. */

t.setTimeout(180_000)
const lectern = await startCampus(t)
const { url, api, provider } = lectern
const ZONE = 'Asia/Shanghai'
const startsOn = Temporal.Now.plainDateISO(ZONE).toString()
await api('POST /api/courses', { ...COURSE, id: 'ml', timezone: ZONE, startsOn, models: [] })
const { email } = await signedIn(lectern, { name: 'Ada', isAdmin: true })
const browser = await startBrowser()
t.teardown(() => browser.close())
// The browser is elsewhere: what is written is a time of the course all the same.
const elsewhere = { timezoneId: 'America/New_York', colorScheme: 'dark' } as const
const { page, faults } = await openWindow(browser, url, { email, ...elsewhere })
const press = (name: string, of: Locator | Page = page) =>
  of.getByRole('button', { name, exact: true }).click()
const title = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor()
const inForce = page.locator('section').filter({ hasText: 'Week 1' })
const told = page.getByRole('article').filter({ hasText: 'What the model is told' })
const versions = () => page.getByRole('table', { name: 'All versions' }).getByRole('row')

t.test('a prompt is written, looked at and published, and is in force', async t => {
  await page.goto('/courses/ml/prompts')
  await page.getByRole('link', { name: 'New version' }).first().click()
  await title('New version of the prompt')
  await press('Publish now')
  await page.getByText('Write something first.').waitFor()
  await page.getByLabel('What the model is told').fill('You are a patient tutor.')
  await press('Show')
  await told.getByText('You are a patient tutor.').waitFor()
  await page.getByText('Week 1: 0 rules apply.').waitFor()
  t.same(await axeFaults(page), [])
  await press('Publish now')
  await page.getByText('Version 1 is in force').waitFor()
  await inForce.getByText('You are a patient tutor.').waitFor()
})

t.test(
  'one for a later time is not in force yet, by the clock of the course, and can be taken back',
  async t => {
    const tomorrow = Temporal.Now.plainDateISO(ZONE).add({ days: 1 })
    await inForce.getByRole('link', { name: 'Change' }).click()
    await page.getByLabel('What the model is told').fill('Only hints today.')
    await page.getByText('At a time').click()
    await press('Publish for this time')
    await page.getByText('Choose a time.').waitFor()
    await page.getByLabel('In force from').fill('2026-01-01T08:00')
    await press('Publish for this time')
    await page.getByText('This time is over.').waitFor()
    await page.getByLabel('In force from').fill(`${tomorrow}T08:00`)
    t.same(await axeFaults(page), [])
    await press('Publish for this time')
    await page.getByText('Version 2 comes into force on').waitFor()
    await inForce.getByText('You are a patient tutor.').waitFor()
    const { body } = await api<{ items: { publishAt: string }[] }>('GET /api/courses/ml/prompts')
    const wanted = tomorrow.toZonedDateTime({ timeZone: ZONE, plainTime: '08:00' }).epochMilliseconds
    t.equal(Date.parse(body.items[0]?.publishAt ?? ''), wanted)
    await versions()
      .nth(1)
      .getByText(/^from .*08:00/)
      .waitFor()
    await press('Version 2')
    await press('Take back')
    await press('Take back', page.getByRole('dialog', { name: 'Take back version 2?' }))
    await page.getByText('Version 2 was taken back').waitFor()
    await page.getByRole('dialog').first().waitFor({ state: 'detached' })
    t.equal(await versions().count(), 2, 'the heading and one')
  },
)

t.test('an earlier version is used again, as a new one', async t => {
  await inForce.getByRole('link', { name: 'Change' }).click()
  await page.getByLabel('What the model is told').fill('You are in a hurry.')
  await press('Publish now')
  await inForce.getByText('You are in a hurry.').waitFor()
  await press('Version 3')
  const third = page.getByRole('dialog', { name: 'Version 3' })
  await third.locator('del').first().waitFor()
  t.same(await axeFaults(page), [])
  await press('Close', third)
  await press('Version 1')
  await press('Use this version again')
  await page.getByText('Version 4 is in force').waitFor()
  await inForce.getByText('You are a patient tutor.').waitFor()
})

t.test('a text is tried against a model, in several turns, and nobody else gets it', async t => {
  await page.goto('/courses/ml/prompts/new')
  await page.getByRole('tab', { name: 'Ask a model' }).click()
  const said = page.getByRole('log', { name: 'Ask a model' })
  const question = page.getByLabel('Ask something')
  await page.getByText('Write a text first.').waitFor()
  t.equal(await page.getByRole('button', { name: 'Send' }).isDisabled(), true)
  await page.getByLabel('What the model is told').fill('You are strict.')
  t.equal(await page.getByLabel('Model', { exact: true }).inputValue(), MODEL)
  await question.fill('Hello, <b>you</b>')
  await question.press('Enter')
  await page.getByText(/At least [\d,]+ tokens are left for what you try/).waitFor()
  await page.getByRole('button', { name: 'New chat' }).waitFor()
  await question.fill('And now?')
  await press('Send')
  await page.getByRole('button', { name: 'New chat' }).waitFor()
  t.match(provider.requests.at(-1)?.body, {
    messages: [
      { role: 'system', content: 'You are strict.' },
      { role: 'user', content: 'Hello, <b>you</b>' },
      { role: 'assistant' },
      { role: 'user', content: 'And now?' },
    ],
  })
  t.equal(await said.getByRole('article').count(), 4)
  await page.getByLabel('What the model is told').fill('You are kind.')
  await page.getByText('The text has changed since the last answer').waitFor()
  t.same(await axeFaults(page), [])
  await press('New chat')
  t.equal(await said.count(), 0)
  const { body } = await api<{ items: { text: string }[] }>('GET /api/courses/ml/prompts')
  t.notOk(body.items.some(({ text }) => text === 'You are strict.'))
  await page.goto('/courses/ml/conversations')
  await page
    .getByRole('listitem')
    .filter({ hasText: 'And now?' })
    .getByText('Trial', { exact: true })
    .waitFor()
  await page.getByRole('link', { name: 'And now?' }).click()
  await page.getByText('A text that was tried and is not published').waitFor()
  await page.getByRole('link', { name: 'Budget' }).click()
  await page.getByText('An account on which somebody of the staff tries prompts').waitFor()
  t.same(await axeFaults(page), [])
})

t.test('the same on a phone, in Chinese; what is refused is said in words', async t => {
  const small = { viewport: { width: 390, height: 844 }, locale: 'zh-CN' } as const
  const phone = await openWindow(browser, url, { email, ...small })
  const { page: held } = phone
  await held.goto('/courses/ml/prompts/new?from=1')
  await held.getByRole('tab', { name: '向模型提问' }).click()
  provider.control.direct({ status: 500 }, 1)
  await held.getByLabel('输入问题').fill('你好')
  await held.getByRole('button', { name: '发送' }).click()
  await held.getByText('模型没有回答。请稍后再试。').waitFor()
  t.equal(await held.getByLabel('输入问题').inputValue(), '你好', 'to be sent again')
  await held.getByRole('button', { name: '发送' }).click()
  await held.getByRole('log').getByRole('article').nth(1).waitFor()
  t.same(await axeFaults(held), [])
  t.equal(await held.evaluate('document.documentElement.scrollWidth - innerWidth'), 0)
  await phone.context.close()
})

t.test('a rule is added, tried on a question, seen in the preview, and removed', async t => {
  await page.goto('/courses/ml/rules')
  await press('New rule')
  await page.getByRole('radio', { name: 'Block' }).check()
  await page.getByLabel('When the question contains').fill('solutions?')
  await page.getByLabel('What the student is answered').fill('Not before the exam.')
  t.same(await axeFaults(page), [])
  await press('Add the rule')
  await page.getByText('The rule is in force').waitFor()
  await page.getByLabel('A question').fill('Solution, please! <b>All</b> solutions.')
  await press('Try')
  await page.locator('mark').first().waitFor()
  t.same(await page.locator('mark').allTextContents(), ['Solution', 'solutions'])
  t.same(await axeFaults(page), [])
  await page.getByLabel('A question').fill('What is a gradient?')
  t.equal(await page.locator('mark').count(), 0, 'what was found in another text is gone')
  await press('Try')
  await page.getByText('No rule applies.').waitFor()
  await page.goto('/courses/ml/prompts/new?from=4')
  await press('Show')
  await page.getByRole('alert').getByText('Not before the exam.').waitFor()
  await page.goto('/courses/ml/rules')
  await press('Remove the rule for solutions?')
  await page.getByText('No rules yet').waitFor()
})

t.test('what was written is not lost without a question', async t => {
  const question = page.getByRole('dialog', { name: 'Leave without saving?' })
  const stay = async () => {
    await press('Stay here', question)
    await question.waitFor({ state: 'detached' })
  }
  const menu = page.getByRole('link', { name: 'Rules', exact: true })
  await page.goto('/courses/ml/prompts')
  await page.getByRole('link', { name: 'New version' }).first().click()
  await page.getByLabel('What the model is told').fill('You are')
  const asks = `!dispatchEvent(new Event('beforeunload', { cancelable: true }))`
  t.equal(await page.evaluate(asks), true, 'the browser asks before the window closes')
  await menu.click()
  await question.waitFor()
  t.same(await axeFaults(page), [])
  await stay()
  t.equal(await page.getByLabel('What the model is told').inputValue(), 'You are')
  await page.goBack()
  await stay()
  await menu.click()
  await press('Leave', question)
  await title('Rules')
  t.equal(await page.evaluate(asks), false)
  const add = page.getByRole('button', { name: 'New rule' })
  await add.press('Enter')
  await page.getByRole('dialog', { name: 'New rule' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('button:focus', { hasText: 'New rule' }).waitFor()
  await add.click()
  await page.getByLabel('When the question contains').fill('solutions?')
  await page.keyboard.press('Escape')
  await stay()
  t.equal(await page.getByLabel('When the question contains').inputValue(), 'solutions?')
  await press('Cancel')
  await press('Leave', question)
  await page.getByRole('dialog').first().waitFor({ state: 'detached' })
})

t.test(
  'settings that are not saved are named before they are left; skipping the menu leaves nothing',
  async () => {
    const question = page.getByRole('dialog', { name: 'Leave without saving?' })
    await page.goto('/courses/ml/settings')
    await page.getByLabel('Name of the course').fill('Another name')
    await page.getByLabel('Currency').fill('EUR')
    await page.getByRole('button', { name: 'Skip to the page' }).press('Enter')
    await page.locator('main:focus').waitFor()
    await page.getByRole('link', { name: 'Rules', exact: true }).click()
    await question.getByText('Not saved yet: Name and Prices.').waitFor()
    await press('Stay here', question)
    await question.waitFor({ state: 'detached' })
    const undo = page.getByRole('button', { name: 'Undo changes' }).first()
    await undo.click()
    await undo.click()
    await page.getByRole('link', { name: 'Rules', exact: true }).click()
    await title('Rules')
  },
)

t.test('an assistant looks and tries, and changes nothing', async t => {
  await api('POST /api/courses/ml/rules', {
    kind: 'guide',
    pattern: 'x',
    message: 'y',
    fromWeek: 1,
    toWeek: 1,
  })
  const { email: other } = await signedIn(lectern, {
    name: 'Alan',
    courses: [{ id: 'ml', role: 'assistant' }],
  })
  const { page: seen } = await openWindow(browser, url, { email: other })
  await seen.goto('/courses/ml/prompts')
  await seen.getByRole('button', { name: 'Version 1', exact: true }).click()
  await seen.getByRole('dialog').waitFor()
  for (const name of ['Use this version again', 'Take back'])
    t.equal(await seen.getByRole('button', { name }).count(), 0, name)
  await seen.goto('/courses/ml/prompts/new')
  await seen.getByRole('button', { name: 'Show' }).waitFor()
  t.equal(await seen.getByRole('tab', { name: 'Ask a model' }).count(), 0, 'asking spends')
  await seen.goto('/courses/ml/rules')
  await seen.getByLabel('A question').fill('max')
  await seen.getByRole('button', { name: 'Try' }).click()
  t.equal(await seen.locator('mark').textContent(), 'x')
  t.equal(await seen.getByRole('button', { name: /New rule|Remove/ }).count(), 0)
})

t.test('settings offer the models that there are, and name those that nobody offers', async t => {
  await page.goto('/courses/ml/settings')
  const models = page.locator('section').filter({ hasText: 'Models that students may use' })
  const names = page.getByRole('combobox', { name: 'Models that students may use' })
  await names.click()
  await page.getByRole('option', { name: MODEL }).click()
  t.equal(await models.getByRole('alert').count(), 0)
  await names.fill('another')
  await names.press('Enter')
  await models.getByRole('alert').filter({ hasText: 'No provider offers another' }).waitFor()
  t.same(await axeFaults(page), [])
  await press('Save', models)
  await page.getByText('Saved').waitFor()
  const { body } = await api<{ models: string[] }>('GET /api/courses/ml')
  t.same(body.models, [MODEL, 'another'])
})

t.test('the pages have asked for nothing that their policy forbids', async t => {
  t.same(faults, [])
})
