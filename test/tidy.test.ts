import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import t from 'tap'

/** The house rules that a machine can keep: sizes, names, dead files, stray output. */

const root = join(import.meta.dirname, '..')
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(file => file !== '' && existsSync(join(root, file)))
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const code = files.filter(file => /\.(ts|tsx|mjs|lua|sh)$/.test(file))
const sources = code.filter(file => /\.tsx?$/.test(file) && file.includes('/src/'))

t.test('a file has at most 300 lines', async t => {
  t.same(
    code.map(file => ({ file, lines: read(file).split('\n').length })).filter(({ lines }) => lines > 300),
    [],
  )
})

t.test('a file is named by its noun', async t => {
  t.same(
    code.filter(file => /^(utils?|helpers?|common|core|misc)\.|\/(utils?|helpers?|common|misc)\//.test(file)),
    [],
  )
})

t.test('no dead files: each source is a beginning, or somebody imports it', async t => {
  const imported = new Set<string>()
  for (const file of code) {
    for (const [, target = ''] of read(file).matchAll(
      /(?:from|import|import\()\s*['"]([^'"]+\.(?:tsx?|lua|sql))['"]/g,
    )) {
      imported.add(resolveImport(file, target))
    }
    for (const [, target = ''] of read(file).matchAll(/new URL\(['"]([^'"]+)['"]/g)) {
      imported.add(normalize(join(dirname(file), target)))
    }
  }
  // Scripts are loaded by name from their folder.
  const beginnings = /\/main\.tsx?$|\/telemetry\.ts$|-worker\.ts$/
  t.same(
    code
      .filter(file => file.includes('/src/') && /\.(tsx?|lua)$/.test(file))
      .filter(file => !beginnings.test(file) && !imported.has(file)),
    [],
  )
})

function resolveImport(from: string, target: string): string {
  const packageOf: Record<string, string> = {
    '@lectern/shared/': 'packages/shared/src/',
    '@lectern/demo-provider/': 'packages/demo-provider/src/',
    '@lectern/local/': 'infra/local/src/',
  }
  for (const [name, folder] of Object.entries(packageOf)) {
    if (target.startsWith(name)) return folder + target.slice(name.length)
  }
  return normalize(join(dirname(from), target))
}

t.test('no loose ends in the sources', async t => {
  const loose =
    /\b(TODO|FIXME|XXX)\b|\bas any\b|:\s*any\s*[;,)=>\]]|@ts-(ignore|nocheck|expect-error)|console\.(log|error|warn)/
  t.same(
    sources.flatMap(file =>
      read(file)
        .split('\n')
        .flatMap((line, index) => (loose.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
    ),
    [],
  )
})

t.test('tests are neither skipped nor alone', async t => {
  t.same(
    code.filter(
      file =>
        file.endsWith('.test.ts') &&
        /\.(only|skip|todo)\(/.test(read(file)) &&
        basename(file) !== 'tidy.test.ts',
    ),
    [],
  )
})

t.test('every service has the same outline', async t => {
  for (const service of ['gateway', 'quota', 'prompts', 'logger', 'console']) {
    for (const file of ['README.md', 'src/main.ts', 'src/config.ts', 'src/service.ts']) {
      t.ok(existsSync(join(root, 'services', service, file)), `${service}/${file}`)
    }
    t.ok(read(`services/${service}/src/main.ts`).split('\n').length <= 20, `${service}/src/main.ts is short`)
    t.match(
      read(`services/${service}/src/service.ts`),
      'followLogLevel(nc, context)',
      `${service} can be asked to log more`,
    )
  }
})

t.test('the image runs the Node that the tests run', async t => {
  const { devDependencies } = JSON.parse(read('package.json'))
  t.match(read('infra/Dockerfile'), `FROM node:${devDependencies.node}-bookworm-slim`)
})

t.test('.env.example names every variable of every service', async t => {
  const example = read('.env.example')
  for (const service of ['gateway', 'quota', 'prompts', 'logger', 'console']) {
    const { Config } = await import(`../services/${service}/src/config.ts`)
    for (const name of Object.keys(Config.properties)) {
      t.match(example, new RegExp(`^#? ?${name}=`, 'm'), `${service}: ${name}`)
    }
  }
})

t.test('each promise has a test that names it', async t => {
  const titles = code
    .filter(file => file.endsWith('.test.ts'))
    .flatMap(file => read(file).match(/test\(\s*[`'"]P\d+[^`'"]*/g) ?? [])
  for (let promise = 1; promise <= 11; promise++) {
    t.ok(
      titles.some(title => new RegExp(`\\bP${promise}\\b`).test(title)),
      `P${promise}`,
    )
  }
})

t.test('each proof that docs/invariants.md lists is a test that names the promise', async t => {
  const rows =
    read('docs/invariants.md')
      .split('## Proofs')[1]
      ?.match(/^\| P\d+ .*$/gm) ?? []
  t.same(
    rows.map(row => /P\d+/.exec(row)?.[0]),
    Array.from({ length: 11 }, (_, index) => `P${index + 1}`),
  )
  for (const row of rows) {
    const [promise = ''] = /P\d+/.exec(row) ?? []
    const named = [...row.matchAll(/\[([^\]]+\.test\.ts)\]\(\.\.\/([^)]+)\)/g)]
    t.ok(named.length > 0, `${promise} has a proof`)
    for (const [, text, file = ''] of named) {
      t.equal(text, file)
      const titles = existsSync(join(root, file)) ? read(file).match(/test\(\s*[`'"]P\d+[^`'"]*/g) : null
      t.ok(
        titles?.some(title => new RegExp(`\\b${promise}\\b`).test(title)),
        `${file} names ${promise}`,
      )
    }
  }
})
