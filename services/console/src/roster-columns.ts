/** Which column of a roster holds what, by the names that spreadsheets and campus systems give them. */

type Field = 'id' | 'name' | 'first' | 'last' | 'email' | 'group'

/** As `plain` leaves them. English, German, Chinese. */
const NAMES: Record<Field, string[]> = {
  id: [
    ...['id', 'studentid', 'studentnumber', 'studentno', 'userid', 'username', 'idnumber', 'matriculation'],
    ...['matriculationnumber', 'matriculationno', 'matrikelnummer', 'matrikelnr', 'matrnr', 'matrikel'],
    ...['学号', '學號', '学生编号', '学生号'],
  ],
  name: ['name', 'fullname', 'student', 'studentname', 'displayname', '姓名', '名字', '学生姓名', '學生姓名'],
  first: ['first', 'firstname', 'givenname', 'forename', 'vorname', '名'],
  last: ['last', 'lastname', 'surname', 'familyname', 'nachname', 'familienname', 'zuname', '姓'],
  email: [
    ...['email', 'mail', 'emailaddress', 'mailaddress', 'emailadresse', 'mailadresse', 'studentemail'],
    ...[
      '邮箱',
      '电子邮箱',
      '电邮',
      '邮件',
      '电子邮件',
      '邮箱地址',
      '邮件地址',
      '电子邮件地址',
      '郵箱',
      '電子郵件',
      '電子郵箱',
    ],
  ],
  group: [
    ...['group', 'section', 'tutorial', 'tutorialgroup', 'gruppe', 'übungsgruppe', 'tutorium', 'sektion'],
    ...['组', '小组', '分组', '组别', '班', '班级', '組', '小組', '分組', '組別', '班級'],
  ],
}
const FIELDS = new Map(
  Object.entries(NAMES).flatMap(([field, names]) => names.map(name => [name, field as Field])),
)

const plain = (heading: string): string =>
  heading
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]+/gu, '')

/** Whether the first line of a text names a column in Chinese, whatever separates the headings. */
export function hasChineseHeading(text: string): boolean {
  const [line = ''] = text.trimStart().split(/\r?\n/, 1)
  return line.split(/[;,\t]/).some(heading => /\p{Script=Han}/u.test(heading) && FIELDS.has(plain(heading)))
}

/** Where each field stands in a row; null: not in this file. */
export interface Columns {
  id: number | null
  email: number
  group: number | null
  name: number | null
  first: number | null
  last: number | null
}

/** Finds the columns in a header row, or says what is wrong with it. Columns with other names are none of ours. */
export function findColumns(header: readonly string[]): Columns | { fault: string } {
  const found = new Map<Field, number>()
  for (const [index, heading] of header.entries()) {
    const field = FIELDS.get(plain(heading))
    if (field === undefined) continue
    const other = found.get(field)
    if (other !== undefined) {
      return { fault: `has two columns for the ${field}: "${header[other]}" and "${heading}"; remove one` }
    }
    found.set(field, index)
  }
  const at = (field: Field) => found.get(field) ?? null
  const email = at('email')
  const hasName = found.has('name') || (found.has('first') && found.has('last'))
  if (email === null || !hasName) return { fault: missingColumns(header, email === null, !hasName) }
  const others = { id: at('id'), group: at('group') }
  // German lists: "Name" beside "Vorname" is the family name.
  if (found.has('first') && found.has('name') && !found.has('last')) {
    return { ...others, email, name: null, first: at('first'), last: at('name') }
  }
  return { ...others, email, name: at('name'), first: at('first'), last: at('last') }
}

function missingColumns(header: readonly string[], noEmail: boolean, noName: boolean): string {
  const missing = [noName ? 'name (or first name and last name)' : '', noEmail ? 'email' : ''].filter(Boolean)
  const seen = header.map(heading => JSON.stringify(heading.slice(0, 40))).join(', ')
  return `must name the columns, and lacks ${missing.join(' and ')}; an id column is optional. It says: ${seen}`
}
