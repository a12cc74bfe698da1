import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { installPackages } from '../src/install.ts'

const path = process.env.PATH
t.afterEach(() => {
  process.env.PATH = path
})

const packages = {
  titles: ['Redis', 'nats-server'],
  debian: ['redis-server', 'nats-server'],
  brew: ['redis', 'nats-server'],
}

/** A machine whose apt-get is the given script. The real one would change the machine that runs the tests. */
function machine(folder: string) {
  chmodSync(`${folder}/apt-get`, 0o755)
  process.env.PATH = `${folder}:${path}`
}

t.test('without apt-get it says what to install', async t => {
  process.env.PATH = t.testdir()
  await t.rejects(installPackages({ ...packages, say: () => {} }), {
    message:
      /^Redis and nats-server are needed .*\n.*apt-get install redis-server nats-server\n.*brew install redis nats-server/,
  })
})

t.test('as root', { skip: process.getuid?.() !== 0 && 'needs root' }, async t => {
  t.test('asks nothing, and lets Debian start no service and create no cluster', async t => {
    const folder = t.testdir({
      'apt-get': `#!/bin/sh
        [ "$1" = --version ] && exit
        { echo "$DEBIAN_FRONTEND" "$@"; /usr/sbin/policy-rc.d; echo "policy $?"
          cat /etc/postgresql-common/createcluster.d/lectern.conf; } >> "$(dirname "$0")/seen"`,
    })
    machine(folder)
    const hadPolicy = existsSync('/usr/sbin/policy-rc.d')
    const said: string[] = []
    await installPackages({ ...packages, say: line => said.push(line) })
    t.match(said, [/^installing Redis and nats-server with apt-get/, /installed/])
    const seen = readFileSync(`${folder}/seen`, 'utf8')
    t.match(seen, /^noninteractive .* install -y --no-install-recommends redis-server nats-server\n/)
    t.match(seen, /policy 101\ncreate_main_cluster = false/)
    t.equal(existsSync('/usr/sbin/policy-rc.d'), hadPolicy, 'and leaves no policy of its own behind')
    t.notOk(existsSync('/etc/postgresql-common/createcluster.d/lectern.conf'))
  })

  t.test('updates the package lists only when a package is not found', async t => {
    const folder = t.testdir({
      'apt-get': `#!/bin/sh
        for word; do case $word in
          update) touch "$(dirname "$0")/updated" ;;
          install) [ -e "$(dirname "$0")/updated" ] || exit 100 ;;
        esac; done`,
    })
    machine(folder)
    await installPackages({ ...packages, say: () => {} })
    t.ok(existsSync(`${folder}/updated`))
  })

  t.test('shows why apt-get failed', async t => {
    machine(
      t.testdir({ 'apt-get': '#!/bin/sh\n[ "$1" = --version ] || { echo "E: no network"; exit 100; }\n' }),
    )
    await t.rejects(installPackages({ ...packages, say: () => {} }), {
      message: /could not install.*\n.*E: no network/,
    })
  })
})

t.test('the installing script is correct shell', async t => {
  const script = new URL('../src/install-debian.sh', import.meta.url).pathname
  t.equal(spawnSync('sh', ['-n', script]).status, 0)
})
