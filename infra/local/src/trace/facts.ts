import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import type { AttributeValue, ReceivedSpan } from './receiver.ts'

type Say = (value: AttributeValue) => string | undefined

const as =
  (before: string, after = ''): Say =>
  value =>
    `${before}${value}${after}`
const whenTrue =
  (text: string): Say =>
  value =>
    value === true ? text : undefined

/** What of a span's attributes is worth a line's width, the most telling first. */
const FACTS: [attribute: string, say: Say][] = [
  [ATTRIBUTE.errorType, as('')],
  [ATTRIBUTE.attempt, value => (value === 1 ? undefined : `attempt ${value}`)],
  [ATTRIBUTE.httpStatus, as('')],
  [ATTRIBUTE.outcome, as('')],
  [ATTRIBUTE.reply, value => (value === 'ok' ? undefined : String(value))],
  [ATTRIBUTE.promptLookup, as('')],
  [ATTRIBUTE.provider, as('')],
  [ATTRIBUTE.scriptReply, as('')],
  [ATTRIBUTE.bucket, as('bucket ')],
  [ATTRIBUTE.firstTokenMs, value => `first token ${Math.round(Number(value))} ms`],
  [ATTRIBUTE.inputTokens, as('', ' in')],
  [ATTRIBUTE.outputTokens, as('', ' out')],
  [ATTRIBUTE.finishReasons, value => [value].flat().join('+')],
  [ATTRIBUTE.chargeTokens, as('charged ')],
  [ATTRIBUTE.spooled, whenTrue('spooled')],
  [ATTRIBUTE.model, as('')],
  [ATTRIBUTE.batchMessages, value => (value === 1 ? '1 message' : `${value} messages`)],
]

/** The facts of a span in short, leaving out what its name says already. */
export function factsOf({ name, attributes, status }: ReceivedSpan): string[] {
  const facts = FACTS.flatMap(([attribute, say]) => {
    const value = attributes[attribute]
    return value === undefined ? [] : [say(value) ?? '']
  }).filter(fact => fact !== '' && !name.split(' ').includes(fact))
  const failure = status === 'error' && attributes[ATTRIBUTE.errorType] === undefined ? ['error'] : []
  // Once: the failure of a call over HTTP is its status.
  return [...new Set([...failure, ...facts])]
}
