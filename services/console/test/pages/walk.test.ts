import t from 'tap'
import { startLectern } from '../real-services.ts'
import { signedIn } from '../staff.ts'
import { axeFaults, openWindow, startBrowser } from './browser.ts'

const lectern = await startLectern(t)
const { url } = lectern
const { email } = await signedIn(lectern, { name: 'Ada', isAdmin: true })
const browser = await startBrowser()
t.teardown(() => browser.close())

t.test('the pages are served with a policy that lets nothing foreign in', async t => {
  const { page, faults } = await openWindow(browser, url, { email })
  const response = await page.goto('/courses')
  const policy = response?.headers()['content-security-policy'] ?? ''
  t.match(policy, "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-")
  t.equal(response?.headers()['cache-control'], 'no-store')
  await page.getByRole('heading', { name: 'Courses', level: 1 }).waitFor()
  t.same(await axeFaults(page), [])
  t.same(faults, [])
})
