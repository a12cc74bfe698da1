// What the scripts of package.json call (all but `generate`). Runs on any Node >= 18 before anything is installed:
// brings in the pinned toolchain and packages when they are missing or have changed, then hands over to them.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { alone, whenChanged } from './setup/once.mjs'
import { BIN, PROJECT, run, say, step } from './setup/run.mjs'
import { makeScratch } from './setup/scratch.mjs'

// The binary itself, not a shell's wrapper around it: signals and pids are those of the real process.
const NODE = join(BIN, 'node')
const WEB = join('services', 'console', 'web')

const COMMANDS = {
  start: async args => run(NODE, [join('infra', 'local', 'src', 'main.ts'), ...args], { orderly: true }),
  check,
  test: async args => {
    const code = await check()
    if (code !== 0) return code
    say('Running the tests')
    return run(NODE, [binOf('tap'), ...args], { env: { TMPDIR: makeScratch() } })
  },
  'test:crash': async args => run(NODE, [join('test', 'crash', 'main.ts'), ...args]),
  'test:compose': async args => run(NODE, [join('test', 'compose', 'main.ts'), ...args], { orderly: true }),
  screenshots: async args => run(NODE, [join(WEB, 'screenshots', 'main.ts'), ...args], { orderly: true }),
  bench: async args => run(NODE, [join('bench', 'main.ts'), ...args], { orderly: true }),
}

async function check() {
  say('Checking types')
  const tsc = binOf('typescript', 'tsc')
  const types = (await run(NODE, [tsc, '-p', '.'])) || (await run(NODE, [tsc, '-p', WEB]))
  say('Checking style')
  const colors = process.stdout.isTTY ? 'force' : 'off'
  const style = await run(NODE, [binOf('@biomejs/biome', 'biome'), 'ci', `--colors=${colors}`, '.'])
  return types || style
}

async function installPackages() {
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']
  const members = [...foldersIn('services'), WEB, ...foldersIn('packages'), join('infra', 'local')]
  const manifests = members.map(folder => join(folder, 'package.json'))
  await whenChanged('packages', [...files, ...manifests], existsSync(NODE), () => {
    const { packageManager } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
    // The running pnpm is the pinned one. Left to itself it would look for that again, as packages of its own that
    // not every registry has, and fail. CI: it must not ask anything, there may be nobody to answer.
    const args = ['-y', packageManager, 'install', '--frozen-lockfile', '--config.pm-on-fail=ignore']
    return step('Installing Node and all packages (the first time: a minute or two)', 'npx', args, {
      CI: 'true',
    })
  })
}

async function generateClients() {
  const script = join('infra', 'generate.ts')
  if (!existsSync(join(PROJECT, script))) return
  const schemas = foldersIn('services').map(folder => join(folder, 'prisma', 'schema.prisma'))
  await whenChanged('clients', [script, ...schemas], true, () =>
    step('Generating the database clients', NODE, [script]),
  )
}

async function buildPages() {
  const script = join(WEB, 'build.ts')
  if (!existsSync(join(PROJECT, script))) return
  // The pages' types are made from the API, whose answers are described by the contracts.
  const sources = [WEB, join('services', 'console', 'src'), join('packages', 'shared', 'src')].flatMap(
    filesIn,
  )
  const built = existsSync(join(PROJECT, 'services', 'console', 'generated', 'pages', 'index.html'))
  await whenChanged('pages', sources, built, () => step('Building the pages', NODE, [script]))
}

async function buildTap() {
  await whenChanged('tap', ['.taprc'], true, () =>
    step('Building the test runner', NODE, [binOf('tap'), 'build']),
  )
}

function foldersIn(parent) {
  const path = join(PROJECT, parent)
  return existsSync(path) ? readdirSync(path).map(name => join(parent, name)) : []
}

/** All files of a folder and of those in it, but not what was installed or generated there. */
function filesIn(folder) {
  return foldersIn(folder).flatMap(path => {
    if (/[\\/](node_modules|generated)$/.test(path)) return []
    return statSync(join(PROJECT, path)).isDirectory() ? filesIn(path) : [path]
  })
}

/** The script behind a package's command. */
function binOf(name, command = name) {
  const folder = join(PROJECT, 'node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[command])
}

const [command, ...args] = process.argv.slice(2)
if (!COMMANDS[command]) {
  say(
    'usage: node infra/local/setup.mjs start|test|test:crash|test:compose|check|bench|screenshots [arguments]',
  )
  process.exit(2)
}
if (Number.parseInt(process.versions.node, 10) < 18) {
  say(`Lectern needs Node 18 or newer to set itself up; this is ${process.version}. See https://nodejs.org`)
  process.exit(1)
}
await alone(async () => {
  await installPackages()
  await generateClients()
  await buildPages()
  if (command.startsWith('test')) await buildTap()
})
process.exitCode = await COMMANDS[command](args)
