/** What a spreadsheet would take for a formula; names and e-mails come from anybody. */
const FORMULA = /^[=+\-@\t\r]/

function cellOf(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** A table as CSV that spreadsheets open as it is meant: with a byte order mark, and nothing that they would execute. */
export function toCsv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return `\uFEFF${[header, ...rows].map(cells => `${cells.map(cellOf).join(',')}\r\n`).join('')}`
}
