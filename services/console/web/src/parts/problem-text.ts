import type { Fault } from '@lectern/shared/fault.ts'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/problem.ts'
import { i18n } from '../app/i18n.ts'

/** Codes whose meaning depends on what was asked: there the server's own words say more than ours. */
const BY_MESSAGE = new Set(['invalid_request', 'conflict', 'request_too_large'])

/** What to tell people about an error, in their language. */
export function problemText(error: unknown): string {
  if (!(error instanceof Problem)) return i18n.t('app:problem.unexpected')
  const { code, message } = error
  const known = i18n.exists(`app:problem.${code}`)
  const general = known ? i18n.t(`app:problem.${code}`) : i18n.t('app:problem.unexpected')
  if (!BY_MESSAGE.has(code) && known) return general
  // The server's words are English; in another language they come after a sentence that is not.
  if (i18n.language === 'en') return message
  const lines = error.faults.map(fault => `${fault.place} ${faultText(fault)}`)
  return [general, ...(lines.length ? lines : [message])].join('\n')
}

/** What is wrong with a field, to be said beside it, in the language of the page where there are words for it. */
export function faultText({ code = '', limit, text }: Fault): string {
  return i18n.exists(`app:fault.${code}`) ? i18n.t(`app:fault.${code}`, { limit }) : text
}

/** `problemText`, drawn again when the language changes. */
export function useProblemText(): typeof problemText {
  useTranslation()
  return problemText
}
