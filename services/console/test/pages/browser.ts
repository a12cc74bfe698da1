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
import { PASSWORD } from '../browser.ts'

/** What one step may take on a busy machine. */
const STEP_TIMEOUT_MS = 15_000

/** Debian's Chromium, installed if it is missing. */
export async function startBrowser(): Promise<Browser> {
  const { chromium: executablePath } = await findOrInstall(['chromium'])
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

export interface Window {
  page: Page
  context: BrowserContext
  /** What the page has written to its console as an error, a refusal of the content policy among them. */
  faults: string[]
}

/** A window of somebody of the staff, by e-mail (see `staff.ts`), or of nobody yet. */
export async function openWindow(
  browser: Browser,
  baseURL: string,
  { email, ...options }: BrowserContextOptions & { email?: string } = {},
): Promise<Window> {
  // Without motion, so that nothing is looked at while it fades in.
  const context = await browser.newContext({
    baseURL,
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...options,
  })
  if (email) await context.request.post('/api/session', { data: { email, password: PASSWORD } })
  const page = await context.newPage()
  page.setDefaultTimeout(STEP_TIMEOUT_MS)
  const faults: string[] = []
  page.on('console', message => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', error => faults.push(String(error)))
  return { page, context, faults }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong on the page as it is now, `serious` and worse, as lines. */
export async function axeFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger: a script element would be refused by the content policy, as it should be.
  await page.evaluate(AXE)
  const found = (await page.evaluate(`axe.run({ resultTypes: ['violations'], iframes: false })`)) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
}
