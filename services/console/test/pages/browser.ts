import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { findOrInstall } from '@lectern/local/binaries.ts'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { TOKEN } from '../lectern.ts'

/** The admin that the pages see until accounts exist on the server. */
const ADMIN = {
  user: { id: 'u1', email: 'ada@example.edu', name: 'Ada Lovelace', isAdmin: true, courses: [] },
  csrf: 'of-the-tests',
  signIn: { local: true, oidc: null },
  needsSetup: false,
}

/** Debian's Chromium, installed if it is missing. */
export async function startBrowser(): Promise<Browser> {
  const { chromium: executablePath } = await findOrInstall(['chromium'])
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/** A window of a signed-in admin. Whatever the page writes to its console as an error is collected in `faults`. */
export async function openWindow(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; context: BrowserContext; faults: string[] }> {
  const context = await browser.newContext({
    baseURL,
    locale: 'en-GB',
    extraHTTPHeaders: { authorization: `Bearer ${TOKEN}` },
    ...options,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', message => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', error => faults.push(String(error)))
  await page.route('**/api/session', route => route.fulfill({ json: ADMIN }))
  return { page, context, faults }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong on the page as it is now, `serious` and worse, as lines. */
export async function axeFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger: a script element would be refused by the content policy, as it should be.
  await page.evaluate(AXE)
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
}
