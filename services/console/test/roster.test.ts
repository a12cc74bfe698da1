import t from 'tap'
import { checkRoster, MOST_STUDENTS, parseRoster, type RosterRow } from '../src/roster.ts'

const rowsOf = (text: string) => {
  const { rows, faults } = parseRoster(text)
  if (faults.length > 0) throw new Error(JSON.stringify(faults))
  return rows.map(({ id, name, email }) => [id, name, email])
}
const faultsOf = (text: string) => {
  const { rows, faults } = parseRoster(text)
  return [...faults, ...(faults.length > 0 && rows.length === 0 ? [] : checkRoster(rows, MOST_STUDENTS))].map(
    ({ place, text: what }) => `${place} ${what}`,
  )
}
const ADA = ['', 'Ada Lovelace', 'ada@example.edu']

t.test('a roster is read whatever spreadsheet wrote it', async t => {
  const files: Record<string, string> = {
    plain: 'name,email\nAda Lovelace,ada@example.edu\n',
    'no line break at the end': 'name,email\nAda Lovelace,ada@example.edu',
    'line breaks of Windows': 'name,email\r\nAda Lovelace,ada@example.edu\r\n',
    'line breaks of the old Mac': 'name,email\rAda Lovelace,ada@example.edu\r',
    'byte order mark': '\uFEFFname,email\nAda Lovelace,ada@example.edu\n',
    semicolons: 'name;email\nAda Lovelace;ada@example.edu\n',
    tabs: 'name\temail\nAda Lovelace\tada@example.edu\n',
    'sep= line of Excel': 'sep=;\r\nname;email\r\nAda Lovelace;ada@example.edu\r\n',
    'byte order mark and sep=': '\uFEFFsep=|\r\nname|email\r\nAda Lovelace|ada@example.edu\r\n',
    'quoted cells': '"name","email"\n"Ada Lovelace","ada@example.edu"\n',
    'quoted heading with separators': '"name";"email, (a,b,c)";e-mail\nAda Lovelace;x;ada@example.edu\n',
    'spaces around': ' name , email \n  Ada Lovelace ,  ada@example.edu  \n',
    'other order and case': 'E-MAIL,NAME\nada@example.edu,Ada Lovelace\n',
    'blank lines': '\n\nname,email\n\n   \nAda Lovelace,ada@example.edu\n,,\n\n',
    'separators at the end': 'name,email,,\nAda Lovelace,ada@example.edu,,\n',
    'more separators than headings': 'name,email\nAda Lovelace,ada@example.edu,,,\n',
    'columns of no interest': 'Section,name,email,Grade\nA,Ada Lovelace,ada@example.edu,1.0\n',
    'first and last name': 'First Name,Last Name,Mail\nAda,Lovelace,ada@example.edu\n',
    'German with full name':
      'Vollständiger Name;Vorname;Nachname;E-Mail-Adresse\n;Ada;Lovelace;ada@example.edu\n',
    'German, where Name is the family name': 'Name;Vorname;E-Mail\nLovelace;Ada;ada@example.edu\n',
  }
  for (const [what, text] of Object.entries(files)) t.same(rowsOf(text), [ADA], what)
})

t.test('ids come from columns by many names', async t => {
  for (const heading of ['id', 'Student ID', 'student_id', 'Matriculation number', 'Matr.-Nr.', '学号']) {
    t.same(rowsOf(`${heading},name,email\ns1,Ada,a@b\n`), [['s1', 'Ada', 'a@b']], heading)
  }
})

t.test('Chinese headings, full names and split names', async t => {
  t.same(rowsOf('学号,姓名,邮箱\n2026001,王小明,wang@example.cn\n'), [
    ['2026001', '王小明', 'wang@example.cn'],
  ])
  t.same(rowsOf('姓,名,电子邮箱\n王,小明,wang@example.cn\n'), [['', '王小明', 'wang@example.cn']])
})

t.test('cells are kept as they are, formulas and quotes included', async t => {
  const text = 'name,email\n"=HYPERLINK(""x"",1)",a@b\n"Lovelace, Ada",c@d\n\'Ōe – O’Neil,e@f\n'
  t.same(
    rowsOf(text).map(([, name]) => name),
    ['=HYPERLINK("x",1)', 'Lovelace, Ada', "'Ōe – O’Neil"],
  )
})

t.test('without a header the columns that are needed are named', async t => {
  const [fault] = faultsOf('Ada Lovelace,ada@example.edu\nAlan Turing,alan@example.edu\n')
  t.match(fault, /^line 1 must name the columns, and lacks name .* and email; an id column is optional/)
  t.match(fault, /It says: "Ada Lovelace", "ada@example.edu"/)
  t.match(faultsOf('\n\nname,phone\nAda,1\n')[0], /^line 3 must name the columns, and lacks email/)
  t.match(faultsOf('first name,email\nAda,a@b\n')[0], /lacks name \(or first name and last name\)/)
  t.match(
    faultsOf('name,email,Mail\nAda,a@b,c@d\n')[0],
    /^line 1 has two columns for the email: "email" and "Mail"/,
  )
})

t.test('a file that curl -d has put into one line is recognised', async t => {
  t.match(faultsOf('name,emailAda Lovelace,ada@example.edu')[0], /--data-binary/)
})

t.test('an empty file and a header alone are no roster', async t => {
  for (const text of ['', '\n \n', '\uFEFF', ';;;\n']) t.same(faultsOf(text), ['The file is empty'])
  t.same(faultsOf('name,email\n'), ['The roster has no students'])
})

t.test('every fault is listed with the line of the file', async t => {
  const text = [
    'id;name;email', // 1
    's1;Ada;ada@example.edu', // 2
    '', // 3
    's 2;;alan', // 4
    's1;Grace;ADA@example.edu', // 5
    ';Edsger;', // 6
    's6;Barbara;barbara@example.edu;extra', // 7
  ].join('\n')
  t.same(faultsOf(text), [
    'line 7 has 4 cells, but the header has 3: put a cell that contains the separator into "quotes"',
    'line 4 lacks the name',
    'line 4 has "alan", which is not an e-mail address',
    'line 4 has the id "s 2": only letters, digits and _ . @ - (at most 80, no mark first)',
    'line 6 lacks the e-mail address',
    'line 5 repeats the id "s1" of line 2',
    'line 5 repeats the email "ADA@example.edu" of line 2',
  ])
})

t.test('lines are counted as an editor counts them', async t => {
  t.match(faultsOf('sep=,\r\nname,email\r\n\r\nAda,\r\n'), ['line 4 lacks the e-mail address'])
  const faults = faultsOf('name,email\n"Ada\nLovelace",a@b\nAlan,\n')
  t.same(faults, [
    'line 2 has a line break or control character in the name',
    'line 4 lacks the e-mail address',
  ])
})

t.test('broken quotes are faults with line and column', async t => {
  t.same(faultsOf('name,email\nAda,a@b\n"Alan,c@d\nGrace,e@f\n'), [
    'line 3 opens a quote (") that is never closed',
  ])
  t.match(faultsOf('name,email\nAda,a@b\nDwayne "Rock",c@d\n')[0], /^line 3, column 1 has a quote/)
  t.match(faultsOf('name,email\nAda,a@b\nAlan,"c"@d\n')[0], /^line 3, column 2 has a quote/)
})

t.test('bounds of names, addresses and rows', async t => {
  const row = (part: Partial<RosterRow>): RosterRow => ({
    place: '[0]',
    id: '',
    name: 'Ada',
    email: 'a@b',
    ...part,
  })
  const check = (part: Partial<RosterRow>) => checkRoster([row(part)], MOST_STUDENTS).length
  t.equal(check({}), 0)
  t.equal(check({ name: 'x'.repeat(200) }), 0)
  t.equal(check({ name: 'x'.repeat(201) }), 1)
  t.equal(check({ name: 'a\u0000b' }), 1)
  t.equal(check({ email: `${'x'.repeat(318)}@b` }), 0)
  t.equal(check({ email: `${'x'.repeat(319)}@b` }), 1)
  for (const email of ['a', '@b', 'a@', 'a b@c', 'a@b@c', 'Ada <a@b>']) t.equal(check({ email }), 1, email)
  for (const id of ['-a', '.a', 'a/b', 'ä', 'x'.repeat(81)]) t.equal(check({ id }), 1, id)
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => row({ place: `[${n}]`, email: `s${n}@b` }))
  t.same(checkRoster(many(2000), MOST_STUDENTS), [])
  t.match(checkRoster(many(2001), MOST_STUDENTS), [{ text: /2001 students, at most 2000/ }])
})
