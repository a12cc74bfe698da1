import { readdirSync } from 'node:fs'
import type { TSchema } from 'typebox'
import type { Call } from '../../src/contracts/call.ts'

/** The parts of JSON Schema that the contracts use. */
interface Schema {
  type?: string
  anyOf?: Schema[]
  const?: unknown
  enum?: unknown[]
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  additionalProperties?: unknown
  items?: Schema
  pattern?: string
  minLength?: number
  minimum?: number
}

/** Every call of the contracts, by its subject. */
export async function everyCall(): Promise<Map<string, Call>> {
  const folder = new URL('../../src/contracts/', import.meta.url)
  const modules = await Promise.all(readdirSync(folder).map(file => import(new URL(file, folder).href)))
  const calls = modules
    .flatMap(module => Object.values(module))
    .filter((value): value is Call => typeof value === 'object' && value !== null && 'reply' in value)
  return new Map(calls.map(call => [call.subject, call]))
}

const TEXTS: Record<string, string> = {
  '^\\d{4}-\\d{2}-\\d{2}$': '2026-09-07',
  '^[A-Z]{3}$': 'EUR',
  '^[0-9a-f]{64}$': '0'.repeat(64),
  '^[^\\s@]+@[^\\s@]+$': 'a@b',
  '^[a-z0-9-]+([.][a-z0-9-]+)+$': 'a.b',
  '^v1[.][A-Za-z0-9_.-]{1,2000}$': 'v1.a',
}

/** A call as one line of `first-version.jsonl`: the usual question, and the usual answer of each kind. */
export function lineOf({ subject, request, reply }: Call): string {
  const kinds = (reply as { anyOf?: TSchema[] }).anyOf ?? [reply]
  return JSON.stringify({
    subject,
    request: samplesOf(request)[0],
    replies: kinds.map(kind => samplesOf(kind)[0]),
  })
}

/** What travels: one value for each way in which a schema may be met. `added` is put into every object that is not a map. */
export function samplesOf(schema: TSchema, added: Record<string, unknown> = {}): unknown[] {
  return of(schema as Schema)

  function of(part: Schema): unknown[] {
    if (part.anyOf) return part.anyOf.flatMap(of)
    if ('const' in part) return [part.const]
    if (part.enum) return part.enum
    if (part.patternProperties) return [{ name: first(Object.values(part.patternProperties)[0]) }]
    if (part.properties) return objects(part.properties)
    if (part.type === 'array') return [part.items ? of(part.items) : []]
    if (part.type === 'string')
      return [TEXTS[part.pattern ?? ''] ?? 'a'.repeat(Math.max(part.minLength ?? 0, 1))]
    if (part.type === 'integer' || part.type === 'number') return [part.minimum ?? 0]
    if (part.type === 'boolean') return [true]
    if (part.type === 'null') return [null]
    return [{ any: 'thing' }]
  }
  function first(part: Schema | undefined): unknown {
    return part && of(part)[0]
  }
  /** The others stay at their first while one field goes through all of its. */
  function objects(properties: Record<string, Schema>): unknown[] {
    const ways = Object.entries(properties).map(([name, part]) => [name, of(part)] as const)
    const usual = Object.fromEntries(ways.map(([name, [value]]) => [name, value]))
    const others = ways.flatMap(([name, [, ...rest]]) => rest.map(value => ({ ...usual, [name]: value })))
    return [usual, ...others].map(value => ({ ...value, ...added }))
  }
}
