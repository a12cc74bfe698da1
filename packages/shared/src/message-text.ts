/** The texts of messages, in whichever form a client sent them. */

/** The text of the student's newest message; empty where it has none (an image alone) or there is no such message. */
export function questionOf(messages: readonly unknown[]): string {
  const newest = messages.findLast(message => isObject(message) && message.role === 'user')
  return isObject(newest) ? textOf(newest.content) : ''
}

/** The text of a message's content: a string, or an array of parts of which some are text. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .flatMap(part => (isObject(part) && typeof part.text === 'string' ? [part.text] : []))
    .join('\n')
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
