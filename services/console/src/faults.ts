import type { TSchema } from 'typebox'

/** One thing that is wrong with what was sent. */
export interface Fault {
  /** Where: `messages[0].role`, `line 3`; empty: the whole. */
  place: string
  /** What, as the rest of a sentence that begins with the place. */
  text: string
}

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
    if (requiredProperties) return requiredProperties.map(name => ({ place: at(name), text: 'is missing' }))
    if (additionalProperties)
      return additionalProperties.map(name => ({ place: at(name), text: 'is not a known field' }))
    return [{ place: placeOf(error.instancePath), text: textOf(schema, error) }]
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
