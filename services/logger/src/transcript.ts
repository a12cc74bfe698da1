import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { questionOf } from '@lectern/shared/message-text.ts'

/** The texts of a conversation: what a student asked, what they were answered, and how both are searched. Pure. */

/** Characters of question and answer that a list shows. */
const EXCERPT_CHARACTERS = 200
/** Has one form only: most questions in English, which need not be looked up letter by letter. */
const ASCII = /^[\0-\x7f]*$/
/** Between the texts of one record, so that nothing is found across the end of one and the beginning of the next. */
const SEPARATOR = '\n\u001f\n'

/** The beginning of a text, cut between characters. */
export function excerptOf(text: string): string {
  const trimmed = text.trimStart()
  let units = 0
  for (let characters = 0; characters < EXCERPT_CHARACTERS && units < trimmed.length; characters++) {
    units += (trimmed.codePointAt(units) ?? 0) > 0xffff ? 2 : 1
  }
  return trimmed.slice(0, units)
}

/**
 * Text as it is compared in a search. Compatibility forms become one (full-width letters, composed accents), and upper
 * case is the folding without exceptions for the place in a word (Greek sigma). It is done here and not by Postgres, whose
 * own folding depends on the locale with which somebody once created the database.
 */
export function foldText(text: string): string {
  return (ASCII.test(text) ? text : text.normalize('NFKC')).toUpperCase()
}

/** All that a search looks into: the newest message and every answer, folded. */
export function searchTextOf({
  messages,
  answers,
}: Pick<ConversationRecord, 'messages' | 'answers'>): string {
  return [questionOf(messages), ...answers.map(({ text }) => text)].map(foldText).join(SEPARATOR)
}
