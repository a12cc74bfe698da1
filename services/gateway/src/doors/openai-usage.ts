import type { Usage } from '@lectern/shared/contracts/records.ts'

/** Usage as OpenAI's chat and completions APIs write it. */
export function openAiUsage({ inputTokens, outputTokens, cachedTokens }: Usage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  }
}
