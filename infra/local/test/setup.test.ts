import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { runs, until } from './scripted.ts'

// `npm start` in a small project of its own: the real set-up, with an npx that puts down this Node and nothing else.
const NPX = `#!/bin/sh
echo "$@" >> installs
mkdir -p node_modules/.bin
ln -sf '${process.execPath}' node_modules/.bin/node
[ ! -e broken ] || { echo 'E: no such package'; exit 7; }
`
const MAIN = `import { writeFileSync } from 'node:fs'
console.log('main', ...process.argv.slice(2))
const stop = () => setTimeout(() => { writeFileSync('stopped', ''); process.exit(0) }, 200)
process.once('disconnect', stop)
process.once('SIGTERM', stop)
writeFileSync('main.pid', String(process.pid))
if (process.argv.includes('--stay')) setInterval(() => {}, 1000)
else process.exit(5)
`

function project(test: Pick<typeof t, 'testdir'>): string {
  const folder = test.testdir({
    'package.json': JSON.stringify({ packageManager: 'pnpm@1.2.3', type: 'module' }),
    'pnpm-lock.yaml': '',
    bin: { npx: NPX },
    infra: { local: { src: { 'main.ts': MAIN } } },
  })
  chmodSync(join(folder, 'bin', 'npx'), 0o755)
  const local = new URL('..', import.meta.url).pathname
  for (const name of ['setup.mjs', 'setup']) {
    cpSync(join(local, name), join(folder, 'infra', 'local', name), { recursive: true })
  }
  return folder
}

function setUp(folder: string, ...args: string[]): ChildProcess {
  const { npm_lifecycle_event: _, ...rest } = process.env
  const env = { ...rest, PATH: `${join(folder, 'bin')}:${process.env.PATH}` }
  return spawn(process.execPath, [join(folder, 'infra', 'local', 'setup.mjs'), ...args], { cwd: folder, env })
}

async function finished(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('no output')
  const [output, errors] = await Promise.all([text(stdout), text(stderr), once(child, 'close')])
  return { code: child.exitCode, output: output + errors }
}

const installs = (folder: string) => readFileSync(join(folder, 'installs'), 'utf8').trim().split('\n')

t.test('installs the pinned pnpm packages once, and again when they have changed', async t => {
  const folder = project(t)
  const first = await finished(setUp(folder, 'start', '--no-demo'))
  t.equal(first.code, 5, 'the exit code is that of Lectern')
  t.match(first.output, /Installing Node and all packages.*\n {2}done in .* s\nmain --no-demo/)
  t.match(installs(folder), [/^-y pnpm@1.2.3 install --frozen-lockfile/])

  t.equal((await finished(setUp(folder, 'start'))).output, 'main\n', 'the second start has nothing to do')
  writeFileSync(join(folder, 'pnpm-lock.yaml'), 'changed')
  await finished(setUp(folder, 'start'))
  t.equal(installs(folder).length, 2)
  rmSync(join(folder, 'node_modules'), { recursive: true })
  await finished(setUp(folder, 'start'))
  t.equal(installs(folder).length, 3)
})

t.test('builds the pages once, and again when they or the API have changed', async t => {
  const folder = project(t)
  const web = join(folder, 'services', 'console', 'web')
  const api = join(folder, 'services', 'console', 'src')
  for (const path of [join(web, 'src'), api]) mkdirSync(path, { recursive: true })
  const pages = join(folder, 'services', 'console', 'generated', 'pages')
  writeFileSync(
    join(web, 'build.ts'),
    `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync('builds', 'one\\n')
mkdirSync(${JSON.stringify(pages)}, { recursive: true })
writeFileSync(${JSON.stringify(join(pages, 'index.html'))}, '')
`,
  )
  const builds = async () => {
    await finished(setUp(folder, 'start'))
    return readFileSync(join(folder, 'builds'), 'utf8').trim().split('\n').length
  }
  t.equal(await builds(), 1)
  t.equal(await builds(), 1, 'nothing has changed')
  writeFileSync(join(web, 'src', 'main.tsx'), 'changed')
  t.equal(await builds(), 2)
  writeFileSync(join(api, 'app.ts'), 'changed')
  t.equal(await builds(), 3)
  rmSync(pages, { recursive: true })
  t.equal(await builds(), 4, 'the result is gone')
})

t.test('two that are started at once install once', async t => {
  const folder = project(t)
  const both = await Promise.all([finished(setUp(folder, 'start')), finished(setUp(folder, 'start'))])
  t.same(
    both.map(({ code }) => code),
    [5, 5],
  )
  t.equal(installs(folder).length, 1)
})

t.test('shows why the installation failed, and tries again the next time', async t => {
  const folder = project(t)
  writeFileSync(join(folder, 'broken'), '')
  const failed = await finished(setUp(folder, 'start'))
  t.equal(failed.code, 7)
  t.match(failed.output, /E: no such package/)
  rmSync(join(folder, 'broken'))
  t.equal((await finished(setUp(folder, 'start'))).code, 5)
})

t.test('a request to stop reaches Lectern, and is waited for', async t => {
  const folder = project(t)
  const child = setUp(folder, 'start', '--stay')
  await until(() => existsSync(join(folder, 'main.pid')))
  const ended = finished(child)
  child.kill('SIGTERM')
  t.equal((await ended).code, 0)
  t.ok(existsSync(join(folder, 'stopped')))
})

t.test('Lectern stops also when the set-up was killed', async t => {
  const folder = project(t)
  const child = setUp(folder, 'start', '--stay')
  await until(() => existsSync(join(folder, 'main.pid')))
  child.kill('SIGKILL')
  await until(() => existsSync(join(folder, 'stopped')))
  await until(() => !runs(Number(readFileSync(join(folder, 'main.pid'), 'utf8'))))
})

t.test('an unknown command is refused', async t => {
  t.equal((await finished(setUp(project(t), 'begin'))).code, 2)
})
