import { api, ask } from './client.ts'
import type { RosterImport } from './types.ts'

export interface RosterUpload {
  course: string
  /** The file as it is, in whatever encoding its spreadsheet chose; or text that was pasted. */
  content: ArrayBuffer | string
  /** Drop those who are not on it. */
  replace: boolean
}

/** Sends a roster: with `preview` it is only looked at, and its errors are part of the answer. */
export function importRoster(
  { course, content, replace }: RosterUpload,
  preview: boolean,
): Promise<RosterImport> {
  return ask(
    api.POST('/api/courses/{course}/students/import', {
      params: { path: { course }, query: { preview, mode: replace ? 'replace' : 'merge' } },
      headers: { 'content-type': 'text/csv' },
      body: content as string,
      bodySerializer: body => body,
    }),
  )
}
