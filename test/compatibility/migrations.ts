/** What a process of the version before cannot bear, because it still reads or writes what is gone. */
const BREAKING: readonly [RegExp, string][] = [
  [/\bDROP\s+(TABLE|SCHEMA|VIEW|FUNCTION|TYPE)\b/i, 'drops what may be in use'],
  [/\bDROP\s+COLUMN\b/i, 'drops a column'],
  [/\bDROP\s+INDEX\b[^;]*_key\b/i, 'drops a unique index, which an ON CONFLICT may name'],
  [/\bRENAME\b/i, 'renames'],
  [/\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b/i, 'changes the type of a column'],
  [/\bSET\s+NOT\s+NULL\b/i, 'requires what older processes may leave out'],
  [/\bDROP\s+DEFAULT\b/i, 'requires what older processes leave out'],
]
const MARK = /^-- contract: \S/m

/** What is wrong with a migration that runs while processes of the version before do; one that says why it may is right. */
export function breaksIn(sql: string): string[] {
  return sql.split(';').flatMap(statement => {
    if (MARK.test(statement)) return []
    const code = statement.replace(/^\s*--.*$/gm, '')
    const found = BREAKING.flatMap(([pattern, what]) => (pattern.test(code) ? [what] : []))
    return [...found, ...(addsRequired(code) ? ['adds a column that older processes do not fill'] : [])]
  })
}

/** Each column that is added: its words end where the next one begins. */
function addsRequired(code: string): boolean {
  const columns = code.split(/\bADD\s+COLUMN\b/i).slice(1)
  return columns.some(column => /\bNOT\s+NULL\b/i.test(column) && !/\b(DEFAULT|GENERATED)\b/i.test(column))
}
