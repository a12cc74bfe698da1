import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'

/** What a browser fetches before it shows its first page. */

const PAGES = join(import.meta.dirname, '..', '..', 'generated', 'pages')
const BUDGET_BYTES = 300_000

interface Chunk {
  file: string
  imports?: string[]
  dynamicImports?: string[]
}
const manifest = JSON.parse(readFileSync(join(PAGES, '.vite', 'manifest.json'), 'utf8')) as Record<
  string,
  Chunk
>

function withImports(name: string, found = new Set<string>()): Set<string> {
  const chunk = manifest[name]
  if (!chunk || found.has(name)) return found
  found.add(name)
  for (const next of chunk.imports ?? []) withImports(next, found)
  return found
}

t.test('the first page of the staff needs less than 300 kB of compressed script', async t => {
  const first = ['index.html', 'src/i18n/en.ts', 'src/app/shell.tsx', 'src/pages/courses/course-list.tsx']
  const chunks = new Set(first.flatMap(name => [...withImports(name)]))
  const files = [...chunks].map(name => manifest[name]?.file ?? '').filter(file => file.endsWith('.js'))
  const bytes = files.map(file => gzipSync(readFileSync(join(PAGES, file))).length)
  const total = bytes.reduce((sum, size) => sum + size, 0)
  t.comment(`${files.length} files, ${total} bytes with gzip`)
  t.ok(total > 50_000 && total < BUDGET_BYTES, `${total} bytes`)
})

t.test('nothing is fetched from anywhere else', async t => {
  const page = readFileSync(join(PAGES, 'index.html'), 'utf8')
  t.notMatch(page, /(src|href)="(https?:)?\/\//)
})
