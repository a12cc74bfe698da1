/** Where a text stops being JSON. V8's own message names a position for some faults only. */
export interface JsonFault {
  /** 1-based. */
  line: number
  /** 1-based, in characters. */
  column: number
  found: string
}

const SPACE = /[ \t\n\r]*/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
/** JSON forbids the control characters below U+0020 in a string, not those above U+007E. */
const STRING_INSIDE = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy

/** What may come next: `first` is a value or the end of an array just opened, `key` likewise for an object. */
type Expected = 'value' | 'first' | 'key' | 'nextKey' | 'colon' | 'separator' | 'end'

/** Finds the first character that cannot be part of any JSON text. Ask only for a text that JSON.parse refused. */
export function findJsonFault(text: string): JsonFault {
  const open: ('[' | '{')[] = []
  let offset = 0
  let expected: Expected = 'value'
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset
    const length = pattern.exec(text)?.[0].length ?? 0
    offset += length
    return length > 0
  }
  const closed = (): Expected => (open.length === 0 ? 'end' : 'separator')
  /** Takes a string; false: the fault is at `offset`, inside or before it. */
  const takeString = (): boolean => take(STRING_INSIDE) && text[offset] === '"' && ++offset > 0

  for (;;) {
    take(SPACE)
    const char = text[offset]
    if ((expected === 'first' && char === ']') || (expected === 'key' && char === '}')) {
      open.pop()
      offset += 1
      expected = closed()
    } else if (expected === 'value' || expected === 'first') {
      if (char === '[' || char === '{') {
        open.push(char)
        offset += 1
        expected = char === '[' ? 'first' : 'key'
      } else if (char === '"' ? takeString() : take(SCALAR)) expected = closed()
      else return faultAt(text, offset)
    } else if (expected === 'key' || expected === 'nextKey') {
      if (char !== '"' || !takeString()) return faultAt(text, offset)
      expected = 'colon'
    } else if (expected === 'colon' && char === ':') {
      offset += 1
      expected = 'value'
    } else if (expected === 'separator' && char === ',') {
      offset += 1
      expected = open.at(-1) === '[' ? 'value' : 'nextKey'
    } else if (expected === 'separator' && char === (open.at(-1) === '[' ? ']' : '}')) {
      open.pop()
      offset += 1
      expected = closed()
    } else return faultAt(text, offset)
  }
}

function faultAt(text: string, offset: number): JsonFault {
  const before = text.slice(0, offset).split('\n')
  const char = text.codePointAt(offset)
  return {
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    found: char === undefined ? 'the text ends too early' : `unexpected ${nameOf(char)}`,
  }
}

function nameOf(char: number): string {
  if (char === 0x0a || char === 0x0d) return 'line break'
  if (char < 0x20) return `control character ${char}`
  return JSON.stringify(String.fromCodePoint(char))
}
