import type { Usage } from '@lectern/shared/contracts/records.ts'
import type { Admission } from './admission.ts'
import { type ChatBody, choicesOf, textOf } from './chat.ts'
import type { Tokenizer } from './tokenizer.ts'

/** What OpenAI documents for each message and for the opening of an answer. */
const TOKENS_PER_MESSAGE = 4
const TOKENS_PER_REQUEST = 3

/** The usage where none was reported: counted, and never more than was held for it. */
export async function estimateUsage(
  tokenizer: Tokenizer,
  { body, admission, written }: { body: ChatBody; admission: Admission; written: string },
): Promise<Usage> {
  const tools = body.tools === undefined ? '' : JSON.stringify(body.tools)
  const prompt = [admission.verdict.system ?? '', tools, ...body.messages.map(textOf)].join('\n')
  const [input = 0, output = 0] = await tokenizer.count([prompt, written])
  const template = TOKENS_PER_REQUEST + TOKENS_PER_MESSAGE * body.messages.length
  return {
    inputTokens: Math.min(input + template, admission.inputTokens),
    outputTokens: Math.min(output, admission.maxOutputTokens * choicesOf(body)),
    cachedTokens: 0,
    source: 'estimate',
  }
}
