/**
 * What never stands in a log, however deep: keys, tokens, passwords, and what people wrote. Fields are known by their
 * names; what stands inside of texts (an address with a password in an error's message) by its shape.
 */

/** Names of fields, in lower case, without `-` and `_`. */
const SECRET = new Set([
  ...[
    'authorization',
    'proxyauthorization',
    'cookie',
    'setcookie',
    'apikey',
    'xapikey',
    'xgoogapikey',
    'key',
  ],
  ...['password', 'pass', 'passwd', 'secret', 'token', 'accesstoken', 'admintoken', 'connectionstring'],
  // Of requests and answers.
  ...[
    'messages',
    'text',
    'content',
    'prompt',
    'systemprompt',
    'system',
    'answer',
    'answers',
    'delta',
    'choices',
  ],
  ...[
    'body',
    'rawbody',
    'data',
    'input',
    'output',
    'arguments',
    'query',
    'q',
    'pattern',
    'transcript',
    'guide',
  ],
  // Of Postgres and its drivers: they quote the row.
  ...['values', 'params', 'parameters', 'detail', 'where', 'internalquery'],
])
const REMOVED = '[redacted]'
/** Deeper than this nothing of ours goes; an object that contains itself ends here too. */
const MOST_DEPTH = 6

/** A copy without what is secret. Numbers stay whatever their name: they are counts. The field `err` is its serializer's. */
export function scrubFields(fields: object): Record<string, unknown> {
  return scrubObject(fields, 0)
}

function scrubObject(fields: object, depth: number): Record<string, unknown> {
  const scrubbed = ([name, value]: [string, unknown]): [string, unknown] => {
    if (depth === 0 && name === 'err' && value instanceof Error) return [name, value]
    return [name, isSecret(name, value) ? REMOVED : scrub(value, depth + 1)]
  }
  return Object.fromEntries(Object.entries(fields).map(scrubbed))
}

function isSecret(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return false
  return SECRET.has(name.toLowerCase().replace(/[-_]/g, ''))
}

function scrub(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth > MOST_DEPTH) return REMOVED
  if (Array.isArray(value)) return value.map(item => scrub(item, depth + 1))
  if (value instanceof Error) return { type: value.name, message: value.message }
  if (value instanceof Date || value instanceof URL) return value
  // A driver hangs its whole client on an error, with password and all.
  const { constructor: kind } = value
  if (kind !== Object && kind !== undefined) return `[${kind.name}]`
  return scrubObject(value, depth)
}

// Names: everything up to the last @ before the host, since a password may contain one.
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"\\]*:)[^\s"\\]+@/gi
const BEARER = /\b(Bearer|Basic)\s+[^\s"'\\,;]+/gi
// Of Lectern, and of the usual providers.
const KEYS = /\b(ln_|sk-|sk_|AIza|xai-|gsk_)[0-9A-Za-z_-]{16,}/g
// V8 quotes what it could not parse.
const UNPARSED = /Unexpected token .{1,12}?, .{0,200}? is not valid JSON|\\?"[^"]{0,200}" is not valid JSON/g

/** A line of the log without secrets that have a shape of their own. */
export function scrubText(line: string): string {
  return line
    .replace(URL_PASSWORD, `$1${REMOVED}@`)
    .replace(BEARER, `$1 ${REMOVED}`)
    .replace(KEYS, `$1${REMOVED}`)
    .replace(UNPARSED, 'not valid JSON')
}
