import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PICTURES } from '../../web/screenshots/pages.ts'

/** The pictures in docs/screenshots are those that the script makes, and not too large for a repository. */

const root = join(import.meta.dirname, '../../../..')
const folder = join(root, 'docs/screenshots')
const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
  file.endsWith('.webp'),
)

t.test('each page is there in both languages and themes, and nothing else is', async t => {
  const names = PICTURES.map(({ name }) => name)
  const onPhone = PICTURES.flatMap(({ name, phone }) => (phone ? [name] : []))
  const wanted = ['en', 'zh-CN'].flatMap(language => [
    ...['light', 'dark'].flatMap(theme => names.map(name => `${language}/${theme}/${name}.webp`)),
    ...onPhone.map(name => `${language}/phone/${name}.webp`),
  ])
  t.same(found.sort(), wanted.sort(), 'run npm run screenshots')
})

t.test('all of them together have less than 4 MB', async t => {
  const bytes = found.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
  t.ok(bytes < 4_000_000, `${bytes}`)
})

t.test('the pictures that the READMEs show exist', async t => {
  for (const readme of ['README.md', 'README.zh-CN.md']) {
    const shown = [...readFileSync(join(root, readme), 'utf8').matchAll(/docs\/screenshots\/[^")\s]+\.webp/g)]
    t.ok(shown.length >= 4, readme)
    for (const [file] of shown) t.ok(existsSync(join(root, file)), file)
  }
})
