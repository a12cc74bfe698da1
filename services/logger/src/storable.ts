/**
 * Postgres has no U+0000 in text and jsonb, and none of the halves of surrogate pairs that JSON can carry as escapes. A
 * student who sends one must not lose the record, so each becomes U+FFFD, the character for what cannot be shown.
 */

// In what JSON.stringify writes, a \u escape of these is always the character itself, provided that its backslash is not
// escaped: complete pairs are written as they are.
const UNSTORABLE_ESCAPES = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g
const UNSTORABLE = /\\u(?:0000|d[89a-f])/

/** A value as JSON text that Postgres takes as jsonb. */
export function storableJson(value: unknown): { json: string; replaced: boolean } {
  const json = JSON.stringify(value)
  if (!UNSTORABLE.test(json)) return { json, replaced: false }
  const storable = json.replace(UNSTORABLE_ESCAPES, '$1\ufffd')
  return { json: storable, replaced: storable !== json }
}

/** The same for text. */
export function storableText(text: string): string {
  if (text.isWellFormed() && !text.includes('\0')) return text
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}
