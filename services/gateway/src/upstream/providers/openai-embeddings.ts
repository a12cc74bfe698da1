import { UpstreamFailure } from '../failure.ts'
import type { WholeAnswer } from '../provider.ts'
import { readInputUsage } from '../usage.ts'
import { garbled, parseObject } from './openai-answer.ts'

/**
 * Answers of OpenAI's embeddings API. The vectors are megabytes that only the client wants: they are neither parsed, which
 * would stop every stream of this process, nor recorded.
 */

const VECTOR_FIELD = Buffer.from('"embedding"')
const USAGE_FIELD = Buffer.from('"usage"')
/** The vectors stand between the beginning and the usage. */
const MOST_OPENING_BYTES = 64 * 1024
const MOST_USAGE_BYTES = 4096
/** An object of counts, which may have one with details in it. */
const USAGE = /^"usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})/

/** Reads an answer that came in one piece; an error inside a 200 is a failure. */
export function readEmbeddings(bytes: Buffer): WholeAnswer {
  if (!bytes.subarray(0, MOST_OPENING_BYTES).includes(VECTOR_FIELD)) throw notEmbeddings(bytes)
  return { bytes, usage: readInputUsage(usageIn(bytes)), answers: [] }
}

/** No vector has a quoted name in it, whether numbers or base64, so that the last one is the field. */
function usageIn(bytes: Buffer): unknown {
  const at = bytes.lastIndexOf(USAGE_FIELD)
  if (at < 0) return null
  const [, object] = USAGE.exec(bytes.subarray(at, at + MOST_USAGE_BYTES).toString()) ?? []
  return object === undefined ? null : parseObject(object)
}

function notEmbeddings(bytes: Buffer): UpstreamFailure {
  const body = bytes.length <= MOST_OPENING_BYTES ? parseObject(bytes.toString()) : null
  if (body?.error) return garbled(body.error)
  return new UpstreamFailure('garbled', 'the answer has no embeddings')
}
