import { tokensToCharge } from '@lectern/shared/charge.ts'
import type { Usage } from '@lectern/shared/contracts/records.ts'
import type { Logger } from '@lectern/shared/log.ts'
import type { Admission } from './admission.ts'
import { type ChatBody, choicesOf, textOf, tokenIdsIn } from './chat.ts'
import type { Ending } from './outcome.ts'
import type { Tokenizer } from './tokenizer.ts'

/** What a request used, and what is taken from the student's week for it. */
export interface Settlement {
  usage: Usage
  chargeTokens: number
}

/** What OpenAI documents for each message and for the opening of an answer. */
const TOKENS_PER_MESSAGE = 4
const TOKENS_PER_REQUEST = 3

/** Charges what the provider reported, or else what a tokenizer counts, at the weights of the reservation. */
export async function settle(
  { tokenizer, log }: { tokenizer: Tokenizer; log: Logger },
  { body, admission, ending }: { body: ChatBody; admission: Admission; ending: Ending },
): Promise<Settlement> {
  const usage = isKnown(ending) ? ending.usage : await estimate(tokenizer, { body, admission, ending })
  const chargeTokens = ending.again === 'free' ? 0 : tokensToCharge(usage, admission.weights)
  const { id, tokensHeld } = admission
  // The bound was none: an operator must know (P1).
  if (chargeTokens > tokensHeld) log.error({ id, chargeTokens, tokensHeld }, 'charged more than was held')
  return { usage, chargeTokens }
}

/** Whether the report covers it all. Nobody reads a prompt of no tokens, and a text of none was not written. */
function isKnown(ending: Ending): ending is Ending & { usage: Usage } {
  const { usage, written } = ending
  return usage !== null && (usage.source === 'none' || (usage.inputTokens > 0 && written === ''))
}

/** What was reported, and a count of the rest, which is never more than was held for it. */
async function estimate(
  tokenizer: Tokenizer,
  { body, admission, ending }: { body: ChatBody; admission: Admission; ending: Ending },
): Promise<Usage> {
  const tools = body.tools === undefined ? '' : JSON.stringify(body.tools)
  const prompt = [admission.verdict.system ?? '', tools, ...body.messages.map(textOf)].join('\n')
  const [input = 0, output = 0] = await tokenizer.estimate([prompt, ending.written])
  const ids = body.messages.reduce((sum, message) => sum + tokenIdsIn(message), 0)
  const template = TOKENS_PER_REQUEST + TOKENS_PER_MESSAGE * body.messages.length
  const reported = ending.usage
  return {
    inputTokens: reported?.inputTokens || Math.min(input + ids + template, admission.inputTokens),
    // A report from the middle of an answer does not know what came after it.
    outputTokens: Math.max(
      reported?.outputTokens ?? 0,
      Math.min(output, admission.maxOutputTokens * choicesOf(body)),
    ),
    cachedTokens: reported?.cachedTokens ?? 0,
    source: 'estimate',
  }
}
