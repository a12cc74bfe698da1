import type { ImportMode, ImportPlan, ImportRow, Person } from '@lectern/shared/contracts/roster.ts'
import { toEmail } from './student.ts'

/** A student of the course as they are kept. */
export interface Kept {
  id: string
  name: string
  email: string | null
  group: string | null
  active: boolean
}

/** Kept students by what they are known by. */
interface Known {
  byId: Map<string, Kept>
  byEmail: Map<string, Kept>
  /** Ids of rows that belong to students of other courses. */
  elsewhere: ReadonlySet<string>
}

/**
 * What an import comes to. A row is somebody's whose id it has, or, without one, whose e-mail address. E-mail addresses may be
 * exchanged among the rows, but none may be taken from somebody whom no row names.
 */
export function planImport(
  rows: readonly ImportRow[],
  kept: readonly Kept[],
  { mode, elsewhere }: { mode: ImportMode; elsewhere: ReadonlySet<string> },
): ImportPlan {
  const known: Known = {
    byId: new Map(kept.map(student => [student.id, student])),
    byEmail: new Map(kept.flatMap(student => (student.email === null ? [] : [[student.email, student]]))),
    elsewhere,
  }
  const plan: ImportPlan = { added: [], changed: [], dropped: [], unchanged: 0, faults: [] }
  const named = new Set<Kept>()
  const matches = rows.map(row => ownerOf(row, known))
  const taken = new Set<string>()
  for (const [index, owner] of matches.entries()) {
    const id = owner?.id ?? rows[index]?.id
    if (id && taken.has(id)) plan.faults.push({ index, message: `names ${id} a second time` })
    else if (owner) named.add(owner)
    if (id) taken.add(id)
  }
  for (const [index, row] of rows.entries()) {
    const owner = matches[index] ?? null
    const message = faultOf(row, owner, known, named)
    if (message) plan.faults.push({ index, message })
    else place(plan, { index, row, owner })
  }
  if (mode === 'replace')
    plan.dropped = kept.filter(student => student.active && !named.has(student)).map(toPerson)
  return plan
}

function ownerOf({ id, email }: ImportRow, { byId, byEmail }: Known): Kept | null {
  const found = id === null ? byEmail.get(toEmail(email) ?? '') : byId.get(id)
  return found ?? null
}

/** What forbids a row, as the rest of a sentence that begins with its place; null: nothing. */
function faultOf(
  { id, email }: ImportRow,
  owner: Kept | null,
  { byEmail, elsewhere }: Known,
  named: ReadonlySet<Kept>,
): string | null {
  if (id !== null && elsewhere.has(id)) return `has the id ${id}, which is taken in another course`
  const holder = byEmail.get(toEmail(email) ?? '')
  if (!holder || holder === owner || named.has(holder)) return null
  return `has the e-mail address of ${holder.id}`
}

function place(
  plan: ImportPlan,
  { index, row, owner }: { index: number; row: ImportRow; owner: Kept | null },
): void {
  const after = {
    id: owner?.id ?? row.id,
    name: row.name,
    email: toEmail(row.email) ?? '',
    group: row.group === undefined ? (owner?.group ?? null) : row.group,
  }
  if (!owner?.active) return void plan.added.push({ index, student: after })
  const before = toPerson(owner)
  const isSame = before.name === after.name && before.email === after.email && before.group === after.group
  if (isSame) plan.unchanged += 1
  else plan.changed.push({ index, before, after })
}

function toPerson({ id, name, email, group }: Kept): Person {
  return { id, name, email: email ?? '', group }
}
