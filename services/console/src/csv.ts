import { stringify } from 'csv-stringify/sync'

/** So that a spreadsheet takes it for UTF-8. */
export const CSV_START = '\uFEFF'

/**
 * Rows as CSV lines. What a spreadsheet would take for a formula begins with an apostrophe: students write these texts, and
 * staff open them. `header`: with a line that names the columns.
 */
export function toCsv(
  rows: readonly object[],
  columns: readonly string[],
  { header }: { header: boolean },
): string {
  return stringify([...rows], {
    columns: [...columns],
    header,
    escape_formulas: true,
    quoted_string: true,
    record_delimiter: 'windows',
  })
}
