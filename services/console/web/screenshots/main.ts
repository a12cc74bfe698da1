import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openWindow, startBrowser } from '../../test/pages/browser.ts'
import { startCampus } from '../../test/students-page.ts'
import english from './course.en.json' with { type: 'json' }
import { makeCourse, type PicturedCourse } from './course.ts'
import chinese from './course.zh-CN.json' with { type: 'json' }
import { PICTURES, type Picture } from './pages.ts'
import { MODELS } from './questions.ts'
import { textsOf } from './texts.ts'

/** `npm run screenshots [name...]`: a picture of each page, of real services with a course that is made up, in docs/screenshots. */

const FOLDER = join(import.meta.dirname, '../../../../docs/screenshots')
const LANGUAGES = { en: english, 'zh-CN': chinese }
const DESK = { width: 1280, height: 860 }
const PHONE = { width: 390, height: 844 }
/** Of WebP: letters stay sharp. */
const QUALITY = 72

const wanted = process.argv.slice(2)
const undo: (() => unknown)[] = []
try {
  await main()
} finally {
  for (const step of undo.reverse()) await step()
}

async function main(): Promise<void> {
  const campus = await startCampus({ teardown: step => undo.push(step) }, MODELS)
  const nowMs = Date.now()
  const courses = []
  for (const [language, texts] of Object.entries(LANGUAGES))
    courses.push({ language, course: await makeCourse(campus, texts, nowMs) })
  const browser = await startBrowser()
  undo.push(() => browser.close())
  if (wanted.length === 0) await rm(FOLDER, { recursive: true, force: true })
  for (const { language, course } of courses)
    for (const theme of ['light', 'dark'] as const) {
      const look = { browser, url: campus.url, language, theme, course }
      await pictureAll(look, PICTURES, DESK, `${language}/${theme}`)
      const phones = PICTURES.filter(({ phone }) => phone)
      if (theme === 'light') await pictureAll(look, phones, PHONE, `${language}/phone`)
    }
}

interface Look {
  browser: Browser
  url: string
  language: string
  theme: 'light' | 'dark'
  course: PicturedCourse
}

/** Pictures of all pages in one window each of the staff, of the student, and of nobody. */
async function pictureAll(
  { browser, url, language, theme, course }: Look,
  pictures: readonly Picture[],
  viewport: typeof DESK,
  folder: string,
): Promise<void> {
  const text = await textsOf(language)
  await mkdir(join(FOLDER, folder), { recursive: true })
  for (const who of ['anyone', 'staff', 'student'] as const) {
    const options = {
      viewport,
      colorScheme: theme,
      locale: language,
      timezoneId: course.texts.course.timezone,
    }
    const { page, context, faults } = await openWindow(browser, url, {
      ...options,
      ...(who === 'staff' && { email: course.email }),
    })
    if (who === 'student')
      await context.request.post('/api/me/session', { data: { key: course.student.key } })
    for (const { name, path, before } of pictures.filter(picture => picture.who === who)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue
      await page.goto(path(course))
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
      await page.locator('.mantine-Loader-root').first().waitFor({ state: 'detached' })
      await before?.(page, course, text)
      await writeFile(join(FOLDER, folder, `${name}.webp`), await webpOf(page))
    }
    if (faults.length > 0) throw new Error(`${folder}: ${faults.join('\n')}`)
    await context.close()
  }
}

/** Playwright itself gives no WebP, which is a third of a PNG. */
async function webpOf(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page)
  // A picture is taken of what has been drawn: the caret does not blink, nothing has the pointer over it.
  await page.mouse.move(0, 0)
  await page.evaluate('document.activeElement?.blur()')
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
  await session.detach()
  return Buffer.from(data, 'base64')
}
