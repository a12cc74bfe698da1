import type { Fault } from '@lectern/shared/fault.ts'
import type { TSchema } from 'typebox'

/** The part of a TypeBox error that is used here. */
interface SchemaError {
  keyword: string
  schemaPath: string
  instancePath: string
  params: unknown
  message: string
}

/** What a schema's check found, in words: a missing field and an unknown field are one fault each. */
export function faultsOf(schema: TSchema, errors: Iterable<SchemaError>): Fault[] {
  return [...errors].flatMap(error => {
    const { requiredProperties, additionalProperties } = error.params as Record<string, string[] | undefined>
    const at = (name: string) => placeOf(`${error.instancePath}/${name}`)
    // TypeBox reports an unknown field twice: by name on its parent, and as a value whose schema is `false`.
    if (error.keyword === 'boolean') return []
    // Of what may be null, and is neither: what is wrong with it as a value.
    if (error.keyword === 'anyOf' || isNullWanted(error)) return []
    const code = error.keyword
    const each = (names: string[], text: string) => names.map(name => ({ place: at(name), text, code }))
    if (requiredProperties) return each(requiredProperties, 'is missing')
    if (additionalProperties) return each(additionalProperties, 'is not a known field')
    const { limit } = error.params as { limit?: unknown }
    const bound = typeof limit === 'number' ? { limit } : {}
    return [{ place: placeOf(error.instancePath), text: textOf(schema, error), code, ...bound }]
  })
}

const isNullWanted = ({ keyword, params }: SchemaError) =>
  keyword === 'type' && (params as { type?: unknown }).type === 'null'

function textOf(schema: TSchema, { keyword, schemaPath, params, message }: SchemaError): string {
  if (keyword === 'enum') {
    return `must be one of ${(params as { allowedValues: unknown[] }).allowedValues.join(', ')}`
  }
  if (keyword !== 'pattern') return message
  const meaning = (partAt(schema, schemaPath) as { description?: string } | undefined)?.description
  return meaning ? `must be: ${meaning}` : message
}

function partAt(schema: TSchema, schemaPath: string): unknown {
  const steps = schemaPath.split('/').slice(1)
  return steps.reduce<unknown>((part, step) => (part as Record<string, unknown> | undefined)?.[step], schema)
}

/** `/messages/0/role` as OpenAI writes it: `messages[0].role`. */
function placeOf(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, 80))
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : index ? `.${step}` : step))
    .join('')
}

/** Faults shown in one message; the rest is counted. */
const MOST_LISTED = 50

/** One readable message: a single fault as a sentence, several as lines. */
export function listFaults(title: string, faults: readonly Fault[]): string {
  const lines = faults.map(({ place, text }) => `${place || 'the body'} ${text}`)
  if (lines.length === 1) return `${title}: ${lines[0]}.`
  const hidden = lines.length - MOST_LISTED
  const shown = hidden > 0 ? [...lines.slice(0, MOST_LISTED), `and ${hidden} more`] : lines
  return `${title} (${lines.length} faults):\n${shown.map(line => `- ${line}`).join('\n')}`
}
