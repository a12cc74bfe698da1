import type { Page } from 'playwright-core'
import type { PicturedCourse } from './course.ts'

/** One picture: whose page it is, where, and what is done there first. */
export interface Picture {
  name: string
  who: 'anyone' | 'staff' | 'student'
  path(course: PicturedCourse): string
  /** `text('roster:import.look')`: a text of the pages in the language of the picture. */
  before?(page: Page, course: PicturedCourse, text: (key: string) => string): Promise<unknown>
  /** Looked at on a phone, too. */
  phone?: boolean
}

const inCourse =
  (path: string) =>
  ({ texts }: PicturedCourse) =>
    `/courses/${texts.course.id}/${path}`
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

/** Every page, in the order in which one meets them. */
export const PICTURES: readonly Picture[] = [
  { name: 'sign-in', who: 'anyone', path: () => '/sign-in', phone: true },
  { name: 'invite', who: 'anyone', path: () => '/invite#token' },
  { name: 'courses', who: 'staff', path: () => '/courses' },
  { name: 'new-course', who: 'staff', path: () => '/new-course' },
  { name: 'use', who: 'staff', path: inCourse('use'), phone: true },
  { name: 'students', who: 'staff', path: inCourse('students'), phone: true },
  {
    name: 'students-import',
    who: 'staff',
    path: inCourse('students/import'),
    before: async (page, { texts }, text) => {
      await page.getByLabel(text('roster:import.pasteLabel')).fill(texts.list)
      await press(page, text('roster:import.look'))
      await page.getByRole('button', { name: text('roster:import.submit'), exact: true }).waitFor()
    },
  },
  { name: 'student', who: 'staff', path: course => inCourse(`students/${course.student.id}`)(course) },
  { name: 'prompts', who: 'staff', path: inCourse('prompts'), phone: true },
  {
    name: 'prompt-editor',
    who: 'staff',
    path: inCourse('prompts/new'),
    before: (page, { texts }, text) =>
      page.getByLabel(text('prompts:editor.text')).fill(texts.prompts[2]?.text ?? ''),
  },
  {
    name: 'rules',
    who: 'staff',
    path: inCourse('rules'),
    before: async (page, { texts }, text) => {
      const field = page.getByLabel(text('rules:try.question'), { exact: true })
      await field.fill(texts.try)
      await press(page, text('rules:try.submit'))
      await page.locator('mark').first().waitFor()
    },
  },
  { name: 'conversations', who: 'staff', path: inCourse('conversations') },
  {
    name: 'conversation',
    who: 'staff',
    path: course => inCourse(`conversations/${course.conversation}`)(course),
    phone: true,
  },
  { name: 'settings', who: 'staff', path: inCourse('settings') },
  { name: 'course-staff', who: 'staff', path: inCourse('staff') },
  { name: 'audit', who: 'staff', path: inCourse('audit') },
  { name: 'staff', who: 'staff', path: () => '/staff' },
  { name: 'account', who: 'staff', path: () => '/account' },
  { name: 'join', who: 'anyone', path: () => '/join' },
  { name: 'me', who: 'student', path: () => '/me', phone: true },
  {
    name: 'me-conversation',
    who: 'student',
    path: ({ conversation }) => `/me/conversations/${conversation}`,
  },
]
