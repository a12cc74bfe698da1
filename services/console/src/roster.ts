import { RosterId } from '@lectern/shared/contracts/fields.ts'
import type { Fault } from '@lectern/shared/fault.ts'
import { CsvError, parse } from 'csv-parse/sync'
import { Value } from 'typebox/value'
import { type Columns, findColumns } from './roster-columns.ts'

/** A roster as it was sent: rows to check, and what could not be read as a row. */
export interface Roster {
  rows: RosterRow[]
  faults: Fault[]
}

/** One student. `id` is empty where none was given. */
export interface RosterRow {
  /** `line 4` or `[3]`. */
  place: string
  id: string
  name: string
  email: string
  /** Empty: none. Undefined: the roster does not say. */
  group?: string
}

/** Most students who are added in one call: the bound of the contract. */
export const MOST_STUDENTS = 2000
const MOST_NAME_LENGTH = 200
const MOST_EMAIL_LENGTH = 320
const MOST_GROUP_LENGTH = 100

/** A line of the file with its cells. */
interface Line {
  number: number
  cells: string[]
}

/** Reads a roster from CSV text, as spreadsheets write it. Nothing is guessed: what is unclear is a fault of its line. */
export function parseRoster(text: string): Roster {
  const { lines, fault } = readLines(text)
  if (fault) return { rows: [], faults: [fault] }
  const [header, ...rest] = lines
  if (!header) return { rows: [], faults: [{ place: 'The file', text: 'is empty' }] }
  const columns = findColumns(header.cells)
  if ('fault' in columns) {
    const hint =
      rest.length === 0 ? ' (The file has one line only: with curl use --data-binary, not -d.)' : ''
    return { rows: [], faults: [{ place: `line ${header.number}`, text: columns.fault + hint }] }
  }
  const faults = rest.flatMap(({ number, cells }) =>
    cells.slice(header.cells.length).some(cell => cell !== '')
      ? [
          {
            place: `line ${number}`,
            text: `has ${cells.length} cells, but the header has ${header.cells.length}: put a cell that contains the separator into "quotes"`,
          },
        ]
      : [],
  )
  return { rows: rest.map(line => rowOf(line, columns)), faults }
}

function readLines(text: string): { lines: Line[]; fault?: Fault } {
  const plainText = text.replace(/^\uFEFF/, '')
  // Excel's own first line: which separator follows.
  const [hint = '', named] = /^sep=(.)\r?\n/i.exec(plainText) ?? []
  const body = plainText.slice(hint.length)
  const firstNumber = hint ? 1 : 0
  let lastRead = 0
  try {
    const read = parse(body, {
      delimiter: named ?? separatorOf(body),
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      info: true,
      on_record: (record, { lines }) => {
        lastRead = lines
        return record
      },
    }) as unknown as { record: string[]; info: { lines: number } }[]
    const lines = read.map(({ record: cells, info }) => {
      const breaks = cells.join('').split('\n').length - 1
      return { cells, number: info.lines - breaks + firstNumber }
    })
    return { lines: lines.filter(({ cells }) => cells.some(cell => cell !== '')) }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return { lines: [], fault: csvFault(error, lastRead + firstNumber) }
  }
}

/** The separator of which the header line has most; a quoted heading may contain others. */
function separatorOf(text: string): string {
  const [line = ''] = text.trimStart().split(/\r?\n|\r/, 1)
  const bare = line.replace(/"[^"]*"/g, '')
  const count = (separator: string) => bare.split(separator).length
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best))
}

function csvFault(error: CsvError, lastRead: number): Fault {
  const { column } = error as { column?: unknown }
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return { place: `line ${lastRead + 1}`, text: 'opens a quote (") that is never closed' }
  }
  const cell = typeof column === 'number' ? `, column ${column + 1}` : ''
  return {
    place: `line ${lastRead + 1}${cell}`,
    text: 'has a quote (") in the middle of a cell: put the whole cell into quotes and write "" for each inside',
  }
}

function rowOf({ number, cells }: Line, columns: Columns): RosterRow {
  const cell = (index: number | null) => (index === null ? '' : (cells[index] ?? ''))
  const [first, last] = [cell(columns.first), cell(columns.last)]
  const name = cell(columns.name) || joinName(first, last)
  const group = columns.group === null ? {} : { group: cell(columns.group) }
  return { place: `line ${number}`, id: cell(columns.id), name, email: cell(columns.email), ...group }
}

const HAN = /^\p{Script=Han}+$/u

/** Chinese names put the family name first, without a space. */
function joinName(first: string, last: string): string {
  return HAN.test(first) && HAN.test(last) ? last + first : `${first} ${last}`.trim()
}

/** Everything that is wrong with the rows, each by itself and against the others; `most` may be in one call. */
export function checkRoster(rows: readonly RosterRow[], most: number): Fault[] {
  if (rows.length === 0) return [{ place: 'The roster', text: 'has no students' }]
  if (rows.length > most) {
    const text = `has ${rows.length} students, at most ${most} go into one call: import it in parts`
    return [{ place: 'The roster', text }]
  }
  return [...rows.flatMap(faultsOfRow), ...repeats(rows, 'id'), ...repeats(rows, 'email')]
}

function faultsOfRow({ place, id, name, email, group = '' }: RosterRow): Fault[] {
  const texts: string[] = []
  if (name === '') texts.push('lacks the name')
  else if (name.length > MOST_NAME_LENGTH)
    texts.push(`has a name of more than ${MOST_NAME_LENGTH} characters`)
  else if (/\p{Cc}/u.test(name)) texts.push('has a line break or control character in the name')
  if (email === '') texts.push('lacks the e-mail address')
  else if (email.length > MOST_EMAIL_LENGTH || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email)) {
    texts.push(`has ${quote(email)}, which is not an e-mail address`)
  }
  if (id !== '' && !Value.Check(RosterId, id)) {
    texts.push(`has the id ${quote(id)}: only letters, digits and _ . @ - (at most 80, no mark first)`)
  }
  if (group.length > MOST_GROUP_LENGTH || /\p{Cc}/u.test(group)) {
    texts.push(`has a group of more than ${MOST_GROUP_LENGTH} characters, or with a line break in it`)
  }
  return texts.map(text => ({ place, text }))
}

/** Two rows with one id, or with one e-mail address in whatever case. */
function repeats(rows: readonly RosterRow[], field: 'id' | 'email'): Fault[] {
  const firstPlaces = new Map<string, string>()
  return rows.flatMap(row => {
    const value = field === 'email' ? row.email.toLowerCase() : row.id
    const earlier = firstPlaces.get(value)
    if (value === '') return []
    if (earlier === undefined) firstPlaces.set(value, row.place)
    return earlier === undefined
      ? []
      : [{ place: row.place, text: `repeats the ${field} ${quote(row[field])} of ${earlier}` }]
  })
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 80))
