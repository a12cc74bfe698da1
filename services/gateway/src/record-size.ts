import { createHash } from 'node:crypto'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'

/**
 * Keeps records within what the bus carries. Pictures and sound are kept as their length and hash, long texts as their
 * beginning: who reads a conversation later must see what was said, and that something was left out.
 */

/** Shorter data: URLs are icons and cost nothing. */
const MOST_INLINE_CHARACTERS = 1024
/** Longest text at each try, until the record fits. */
const TEXT_LIMITS = [65_536, 16_384, 4096, 1024, 256]
/** When even short texts are too many: the first ones and the last ones stay. */
const MESSAGES_KEPT = { first: 5, last: 20 }

/** A JSON value in which inline data is replaced by its length and SHA-256. */
export function withoutInlineData(value: unknown): unknown {
  return mapTexts(value, (text, name) => {
    const isData = text.startsWith('data:') || name === 'data' || name === 'file_data'
    if (!isData || text.length <= MOST_INLINE_CHARACTERS) return text
    const head = text.startsWith('data:') ? text.slice(0, text.indexOf(',') + 1).slice(0, 100) : ''
    return `${head}[${text.length} characters, sha256 ${createHash('sha256').update(text).digest('hex')}]`
  })
}

/** The record as JSON bytes of at most `mostBytes`, its long texts shortened with a mark as far as needed. */
export function fitRecord(record: ConversationRecord, mostBytes: number): Buffer {
  let bytes = Buffer.from(JSON.stringify(record))
  for (const limit of TEXT_LIMITS) {
    if (bytes.length <= mostBytes) return bytes
    bytes = Buffer.from(JSON.stringify(shorten(record, limit)))
  }
  if (bytes.length <= mostBytes) return bytes
  const { messages } = record
  const omitted = messages.length - MESSAGES_KEPT.first - MESSAGES_KEPT.last
  const mark = { role: 'lectern', content: `[${omitted} messages omitted]` }
  const kept = [...messages.slice(0, MESSAGES_KEPT.first), mark, ...messages.slice(-MESSAGES_KEPT.last)]
  const few = { ...record, messages: omitted > 0 ? kept : messages, parameters: {} }
  bytes = Buffer.from(JSON.stringify(shorten(few, 256)))
  return bytes.length <= mostBytes
    ? bytes
    : Buffer.from(JSON.stringify({ ...few, messages: [mark], answers: [] }))
}

function shorten(record: ConversationRecord, limit: number): ConversationRecord {
  const cut = (text: string) =>
    text.length <= limit ? text : `${text.slice(0, limit)}…[${text.length - limit} characters omitted]`
  return {
    ...record,
    messages: mapTexts(cutTokenIds(record.messages, limit), cut) as unknown[],
    parameters: mapTexts(record.parameters, cut) as Record<string, unknown>,
    answers: mapTexts(record.answers, cut) as ConversationRecord['answers'],
  }
}

/** Lists of token ids as far as a text may go; an id and its comma are about eight characters. */
function cutTokenIds(value: unknown, limit: number): unknown {
  if (Array.isArray(value)) {
    const most = Math.ceil(limit / 8)
    if (typeof value[0] !== 'number' || value.length <= most)
      return value.map(entry => cutTokenIds(entry, limit))
    return [...value.slice(0, most), `…[${value.length - most} numbers omitted]`]
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, cutTokenIds(entry, limit)]))
}

/** The same value where nothing is changed, so that most records are not copied. */
function mapTexts(value: unknown, change: (text: string, name: string) => string, name = ''): unknown {
  if (typeof value === 'string') return change(value, name)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const mapped = value.map(entry => mapTexts(entry, change))
    return mapped.some((entry, at) => entry !== value[at]) ? mapped : value
  }
  const changed = Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
    const mapped = mapTexts(entry, change, key)
    return mapped === entry ? [] : [[key, mapped]]
  })
  return changed.length > 0 ? { ...value, ...Object.fromEntries(changed) } : value
}
