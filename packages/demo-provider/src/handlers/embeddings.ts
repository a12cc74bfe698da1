import { deliverWhole } from '../delivery.ts'
import { directiveInMessages } from '../directive.ts'
import { embeddingOf, encode, readEmbeddingsRequest, tokensIn } from '../embeddings.ts'
import { errorForStatus } from '../errors.ts'
import { passFaults } from '../faults.ts'
import type { Call } from '../routes.ts'

/** POST /v1/embeddings: a small vector for each input, at once. */
export async function embeddings({ exchange, body, control, options }: Call): Promise<void> {
  const { model, inputs, dimensions, format } = readEmbeddingsRequest(body, options.embeddingModels)
  const texts = inputs.filter(input => typeof input === 'string')
  const directive = control.take(directiveInMessages([{ role: 'user', content: texts.join(' ') }]))
  if (!(await passFaults(exchange, control, { directive, writeError: error => error.body() }))) return

  const data = inputs.map((input, index) => {
    return { object: 'embedding', index, embedding: encode(embeddingOf(input, dimensions), format) }
  })
  const counted = { prompt: inputs.reduce((sum, input) => sum + tokensIn(input).length, 0) }
  const { usage: reported = counted } = directive
  const usage =
    reported === 'none' ? {} : { usage: { prompt_tokens: reported.prompt, total_tokens: reported.prompt } }
  return deliverWhole(exchange, {
    answers: [],
    frames: {
      body: () => ({ object: 'list', data, model, ...usage }),
      errorBody: () => errorForStatus(500).body(),
    },
    firstTokenMs: 0,
    chunkMs: 0,
    directive,
  })
}
