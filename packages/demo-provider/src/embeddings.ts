import { createHash } from 'node:crypto'
import { ApiError } from './errors.ts'
import { isObject, readModel } from './request.ts'
import { tokensOf } from './tokens.ts'

/** A text, or the ids of its tokens. */
type Input = string | number[]

const FORMATS = ['float', 'base64'] as const
type Format = (typeof FORMATS)[number]

/** A request for embeddings as far as the demo provider reads it. */
interface EmbeddingsRequest {
  model: string
  inputs: Input[]
  dimensions: number
  format: Format
}

// Enough that texts of some sentences differ, little enough to look at.
const DIMENSIONS = 64
const MOST_DIMENSIONS = 4096
// OpenAI's own limit.
const MOST_INPUTS = 2048

/** Reads the body of a request; throws the 400 or 404 that a real provider would answer. */
export function readEmbeddingsRequest(body: unknown, models: string[]): EmbeddingsRequest {
  if (!isObject(body)) throw new ApiError(400, 'The body must be a JSON object.')
  const model = readModel(body.model, models)
  const { dimensions = DIMENSIONS, encoding_format = 'float' } = body
  if (!Number.isInteger(dimensions) || Number(dimensions) < 1 || Number(dimensions) > MOST_DIMENSIONS) {
    throw invalid('dimensions', `must be a whole number from 1 to ${MOST_DIMENSIONS}`)
  }
  const format = FORMATS.find(candidate => candidate === encoding_format)
  if (!format) throw invalid('encoding_format', `must be ${FORMATS.join(' or ')}`)
  return { model, inputs: readInputs(body.input), dimensions: Number(dimensions), format }
}

function readInputs(input: unknown): Input[] {
  const list = Array.isArray(input) && !isTokenIds(input) ? input : [input]
  const wellFormed = list.every(entry => (typeof entry === 'string' && entry !== '') || isTokenIds(entry))
  if (list.length > 0 && list.length <= MOST_INPUTS && wellFormed) return list
  throw invalid('input', `must be a text, a list of up to ${MOST_INPUTS} texts, or token ids in their place`)
}

function isTokenIds(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isInteger)
}

/** The tokens of an input. */
export function tokensIn(input: Input): string[] {
  return typeof input === 'string' ? tokensOf(input) : input.map(String)
}

/** A vector of length 1. Each word adds to a place of its own, so that texts with the same words are near each other. */
export function embeddingOf(input: Input, dimensions: number): number[] {
  const sums = new Array<number>(dimensions).fill(0)
  for (const token of tokensIn(input)) {
    const hash = createHash('sha256').update(token.trim().toLowerCase()).digest()
    const at = hash.readUInt32LE() % dimensions
    sums[at] = (sums[at] ?? 0) + 1
  }
  const length = Math.hypot(...sums)
  return sums.map(sum => Math.fround(sum / length))
}

/** The vector as numbers, or as its 32-bit floats in base64: what OpenAI's clients ask for by themselves. */
export function encode(vector: number[], format: Format): number[] | string {
  if (format === 'float') return vector
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [at, number] of vector.entries()) bytes.writeFloatLE(number, at * 4)
  return bytes.toString('base64')
}

function invalid(param: string, problem: string): ApiError {
  return new ApiError(400, `${param} ${problem}.`, { param })
}
