import { LecternError } from '@lectern/shared/errors.ts'
import type { Fault } from '@lectern/shared/fault.ts'
import type { FastifyInstance } from 'fastify'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { faultsOf, listFaults } from '../faults.ts'

/** More faults than anybody reads at once; a bound, because a body of 5 MB could have a million. */
const MOST_FAULTS = 50

/**
 * Checks every part of a request by its TypeBox schema: defaults fill gaps, the texts of a query become numbers where
 * the schema wants numbers, and a refusal lists every fault.
 */
export function validateByTypeBox(app: FastifyInstance): void {
  Settings.Set({ maxErrors: MOST_FAULTS })
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }: FastifyRouteSchemaDef<TSchema>) => {
    const compiled = Compile(schema)
    return (given: unknown) => {
      const value = Value.Default(
        schema,
        httpPart === 'body' ? (given ?? undefined) : fromText(schema, given),
      )
      if (compiled.Check(value)) return { value }
      if (httpPart === 'body' && given === null) return { error: missingBody() }
      return { error: refusal(faultsOf(schema, compiled.Errors(value))) }
    }
  })
}

/** A query's or path's values: whole numbers, truths and lists of one where the schema says so; an empty value counts as not given. */
function fromText(schema: TSchema, given: unknown): unknown {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const values = Object.entries(given ?? {}).filter(([, text]) => text !== '')
  return Object.fromEntries(values.map(([name, text]) => [name, toValue(properties[name]?.type, text)]))
}

function toValue(type: string | undefined, text: unknown): unknown {
  if (typeof text !== 'string') return text
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'array') return [text]
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function refusal(faults: Fault[]): LecternError {
  return new LecternError('invalid_request', {
    message: listFaults('The request is not valid', faults),
    param: faults[0]?.place || null,
    faults,
  })
}

function missingBody(): LecternError {
  return new LecternError('invalid_request', {
    message: 'The body is missing: send it as JSON with `Content-Type: application/json`.',
  })
}
