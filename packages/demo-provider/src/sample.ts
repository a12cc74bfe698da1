import { isObject } from './request.ts'

// A schema may refer to itself: this many levels are enough for any real tool.
const MOST_LEVELS = 8

/** A value that fits a JSON schema, as far as types, enums and references go; strings are the given text. */
export function sampleOf(schema: unknown, text: string): unknown {
  return sample(schema, { text, root: schema }, 0)
}

interface Scope {
  text: string
  root: unknown
}

function sample(schema: unknown, scope: Scope, level: number): unknown {
  if (!isObject(schema) || level > MOST_LEVELS) return null
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (typeof schema.$ref === 'string') return sample(resolve(schema.$ref, scope.root), scope, level + 1)
  const alternatives = schema.anyOf ?? schema.oneOf
  if (Array.isArray(alternatives)) return sample(alternatives[0], scope, level + 1)
  return sampleOfType(schema, scope, level)
}

function sampleOfType(schema: Record<string, unknown>, scope: Scope, level: number): unknown {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object' || isObject(schema.properties)) {
    const entries = Object.entries(isObject(schema.properties) ? schema.properties : {})
    return Object.fromEntries(entries.map(([key, value]) => [key, sample(value, scope, level + 1)]))
  }
  if (type === 'array') return [sample(schema.items, scope, level + 1)]
  if (type === 'number' || type === 'integer') return schema.minimum ?? 1
  if (type === 'boolean') return true
  return type === 'null' ? null : scope.text
}

function resolve(reference: string, root: unknown): unknown {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean)
  return steps.reduce((value, step) => (isObject(value) ? value[step] : undefined), root)
}
