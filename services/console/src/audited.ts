/** What the audit log is told of a request: enough to know what was done, and no secret. */

const SECRET = new Set(['password', 'current', 'token'])
const LONGEST_TEXT = 200
const LONGEST_NESTED = 500

/** The fields of query and body; texts are cut, lists and files only counted. */
export function detailsOf(query: unknown, body: unknown): Record<string, unknown> {
  return { ...fieldsOf(query), ...fieldsOf(body) }
}

function fieldsOf(part: unknown): Record<string, unknown> {
  if (typeof part === 'string') return { bytes: Buffer.byteLength(part) }
  if (Array.isArray(part)) return { count: part.length }
  if (typeof part !== 'object' || part === null) return {}
  const fields = Object.entries(part).filter(([name, value]) => value !== undefined && !SECRET.has(name))
  return Object.fromEntries(fields.map(([name, value]) => [storable(name), brief(value)]))
}

function brief(value: unknown): unknown {
  if (typeof value === 'string') return storable(value.slice(0, LONGEST_TEXT))
  if (typeof value !== 'object' || value === null) return value
  const text = JSON.stringify(value)
  if (text.length > LONGEST_NESTED) return storable(text.slice(0, LONGEST_TEXT))
  return storableParts(value)
}

function storableParts(value: unknown): unknown {
  if (typeof value === 'string') return storable(value)
  if (Array.isArray(value)) return value.map(storableParts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [storable(name), storableParts(part)]),
  )
}

/** Postgres has no U+0000, and no halves of characters. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

/** The id of what something is done to, by the parts of the path. */
export function subjectOf(params: unknown): string | null {
  const { student, key, rule, version, id } = (params ?? {}) as Record<string, string | number | undefined>
  const subject = student ?? key ?? rule ?? version ?? id
  return subject === undefined ? null : storable(String(subject).slice(0, LONGEST_TEXT))
}
