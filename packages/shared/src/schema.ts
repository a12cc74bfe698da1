import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { LecternError } from './errors.ts'

/** A check of one schema, compiled once. Throws `invalid_request` that names the field and what is wrong with it. */
export function validator<T extends TSchema>(schema: T): (value: unknown) => Static<T> {
  const compiled = Compile(schema)
  return value => {
    if (compiled.Check(value)) return value as Static<T>
    const [first] = compiled.Errors(value)
    const missing = (first?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties?.[0]
    const param = toParam(first?.instancePath ?? '', missing)
    throw new LecternError('invalid_request', {
      message: `${param || 'The body'} ${missing ? 'is missing' : (first?.message ?? 'is not valid')}.`,
      param: param || null,
    })
  }
}

/** `/messages/0/role` as OpenAI writes it: `messages[0].role`. */
function toParam(instancePath: string, missing: string | undefined): string {
  const places = [...instancePath.split('/').slice(1), ...(missing ? [missing] : [])]
  return places
    .map((place, index) => (/^\d+$/.test(place) ? `[${place}]` : index ? `.${place}` : place))
    .join('')
}
