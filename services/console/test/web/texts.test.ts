import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PERMISSIONS } from '../../src/permissions.ts'

/** Every text of the pages is there in each language, and each is used. */

const SRC = join(import.meta.dirname, '..', '..', 'web', 'src')
const LANGUAGES = ['en', 'zh-CN']
const PLURAL = /_(zero|one|two|few|many|other)$/

/** The keys of a language as the pages name them: `area:part.part`. */
function textsOf(language: string): Map<string, string> {
  const texts = new Map<string, string>()
  const add = (prefix: string, value: object) => {
    for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
      if (typeof inner === 'object' && inner) add(`${prefix}${name}.`, inner)
      else texts.set(prefix + name, String(inner))
    }
  }
  const folder = join(SRC, 'i18n', language)
  for (const file of readdirSync(folder)) {
    add(`${file.replace('.json', '')}:`, JSON.parse(readFileSync(join(folder, file), 'utf8')))
  }
  return texts
}

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(file => /\.tsx?$/.test(file))
  .map(file => readFileSync(join(SRC, file), 'utf8'))
  .join('\n')
const areas = readdirSync(join(SRC, 'i18n', 'en')).map(file => file.replace('.json', ''))
/** `'roster:title'`, and the beginning of `` `audit:action.${kind}` ``. */
const named = new Set<string>()
const begun = new Set<string>()
for (const [, text = '', end] of sources.matchAll(/['"`]([a-zA-Z]+:[\w.]*)(['"`]|\$\{)/g)) {
  if (!areas.includes(text.split(':')[0] ?? '')) continue
  if (end === '${') begun.add(text)
  else named.add(text)
}
const [english = new Map<string, string>(), ...others] = LANGUAGES.map(textsOf)
const plain = (keys: Iterable<string>) => new Set([...keys].map(key => key.replace(PLURAL, '')))
const known = plain(english.keys())

t.test('each language has the same texts', async t => {
  for (const other of others) t.same([...plain(other.keys())].sort(), [...known].sort())
})

t.test('a text fills the same gaps in each language', async t => {
  const gaps = (text = '') => [...new Set(text.match(/\{\{\w+/g))].sort()
  for (const other of others) {
    for (const [key, text] of other) {
      const same = english.get(key) ?? english.get(key.replace(PLURAL, '_other'))
      // English may leave the number out where it is one; the general form decides.
      t.same(gaps(text), gaps(same), key)
    }
  }
})

t.test('each text is used, and each that is used exists', async t => {
  t.same(
    [...known].filter(key => !named.has(key) && ![...begun].some(begin => key.startsWith(begin))),
    [],
    'used',
  )
  t.same(
    [...named].filter(key => !known.has(key)),
    [],
    'exists',
  )
  t.same(
    [...begun].filter(begin => ![...known].some(key => key.startsWith(begin))),
    [],
    'exists',
  )
})

t.test('plurals have all the forms that their language needs', async t => {
  for (const [key] of english) {
    if (PLURAL.test(key))
      t.ok(english.has(key.replace(PLURAL, '_one')) && english.has(key.replace(PLURAL, '_other')), key)
  }
})

t.test('whatever the audit log can say has words', async t => {
  const actions = Object.values(PERMISSIONS).flatMap(({ audit }) => audit ?? [])
  t.ok(actions.length > 20)
  for (const action of actions) t.ok(known.has(`audit:action.${action.replace('.', '-')}`), action)
})
