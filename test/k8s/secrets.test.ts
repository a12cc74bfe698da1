import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Any, containersOf, ofKind } from './objects.ts'
import { copyManifests, ELSEWHERE, findKubectl, MANIFESTS, makeSecrets, renderAll } from './rendered.ts'

/** Secrets are named in the manifests and stand in none; the script makes all that are named, each for whom it is. */

const found = await findKubectl()
/** Made by kustomize from what is in a Secret, so that a new one is noticed. */
const HASH = /-[a-z0-9]{10}$/

t.test('secrets', { skip: 'reason' in found && found.reason }, async t => {
  if ('reason' in found) return
  const rendered = await renderAll(found.kubectl, t.testdir())
  const folder = join(t.testdir({}), 'secrets')

  t.test('production holds none', async t => {
    for (const overlay of ['production', 'production-keda'] as const) {
      t.same(ofKind(rendered[overlay], 'Secret'), [])
      // A reference, as $(NAME) or $NAME, is none.
      t.notMatch(JSON.stringify(rendered[overlay]), /:\/\/[^/\s"]*:[^$/\s"@]+@/, 'no password in a URL')
      for (const { where, container } of containersOf(rendered[overlay])) {
        const plain = (container.env ?? []).filter(({ value }) => value !== undefined).map(({ name }) => name)
        t.same(
          plain.filter(name => /PASSWORD|TOKEN|SECRET|KEY|(NATS|DATABASE|REDIS)_URL/.test(name)),
          [],
          where,
        )
      }
    }
  })

  t.test('the demo’s passwords stand in its Secrets only, and are new each time', async t => {
    const secrets = ofKind(rendered.demo, 'Secret')
    const values = secrets.flatMap(({ data }) => Object.values(data ?? {}).map(text => atob(text)))
    t.ok(values.length >= 20)
    const rest = JSON.stringify(rendered.demo.filter(({ kind }) => kind !== 'Secret'))
    t.same(
      values.filter(value => rest.includes(value)),
      [],
    )
    const again = await renderAll(found.kubectl, join(t.testdir({}), 'again'))
    const others = ofKind(again.demo, 'Secret').flatMap(({ data }) => Object.values(data ?? {}))
    t.same(
      others.filter(text => values.includes(atob(text))),
      [],
    )
  })

  t.test('the script makes all that is named, and no service reads another’s', async t => {
    makeSecrets(copyManifests(t.testdir({})), ELSEWHERE, folder)
    const made = new Map(
      readdirSync(folder).map(file => [`lectern-${file.replace(/\.env$/, '')}`, linesOf(join(folder, file))]),
    )
    for (const [secret, keys] of namedIn(rendered.production)) {
      t.ok(made.has(secret), secret)
      for (const key of keys) t.ok(made.get(secret)?.[key], `${secret}: ${key}`)
    }
    t.same(new Set(made.keys()), new Set(namedIn(rendered.production).keys()), 'and nothing else')
    for (const { workload, container } of containersOf(rendered.production)) {
      const own = new Set([`lectern-${workload.name}`])
      if (workload.name === 'gateway') own.add('lectern-provider-keys')
      if (workload.name === 'console') own.add('lectern-oidc')
      t.same(
        secretsOf(container).filter(([secret]) => !own.has(secret)),
        [],
        workload.name,
      )
    }
  })

  t.test('both ends of a password are the same, and the script changes none', async t => {
    const read = (name: string) => linesOf(join(folder, `${name}.env`))
    const before = Object.fromEntries(readdirSync(folder).map(file => [file, linesOf(join(folder, file))]))
    for (const service of ['gateway', 'quota', 'prompts', 'logger', 'console']) {
      const url = new URL(read(service).NATS_URL ?? '')
      t.equal(url.password, read('nats')[`NATS_${service.toUpperCase()}_PASSWORD`], `${service}: the bus`)
      t.equal(url.username, service)
    }
    for (const service of ['quota', 'prompts', 'logger']) {
      const url = new URL(read(service).DATABASE_URL ?? '')
      t.equal(url.password, read('migrate')[`${service.toUpperCase()}_DB_PASSWORD`], `${service}: Postgres`)
      t.equal(url.host, ELSEWHERE.POSTGRES)
    }
    t.equal(new URL(read('migrate').DATABASE_URL ?? '').host, ELSEWHERE.POSTGRES_DIRECT)
    t.equal(read('quota').REDIS_URL, ELSEWHERE.REDIS_URL)
    makeSecrets(MANIFESTS, ELSEWHERE, folder)
    const after = Object.fromEntries(readdirSync(folder).map(file => [file, linesOf(join(folder, file))]))
    t.same(after, before)
    for (const file of readdirSync(folder)) t.equal(statSync(join(folder, file)).mode & 0o077, 0, file)
  })

  t.test('the README names each Secret of production with its keys', async t => {
    const rows = readFileSync(join(MANIFESTS, 'README.md'), 'utf8').matchAll(
      /^\| `(lectern-[\w-]+)` \|(.*)$/gm,
    )
    const described = new Map([...rows].map(([, secret = '', row = '']) => [secret, row]))
    for (const [secret, keys] of namedIn(rendered.production)) {
      for (const key of keys) t.match(described.get(secret), new RegExp(`\`${key}\``), `${secret}: ${key}`)
    }
    t.same(new Set(described.keys()), new Set(namedIn(rendered.production).keys()))
  })
})

/** Name and key of each Secret that a container reads; without a key where it reads all of it. */
function secretsOf(container: ReturnType<typeof containersOf>[number]['container']): [string, string?][] {
  const some = (container.env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? [])
  const all = (container.envFrom ?? []).flatMap(({ secretRef }) => secretRef ?? [])
  return [
    ...some.map(({ name = '', key }): [string, string] => [name.replace(HASH, ''), key]),
    ...all.map(({ name = '' }): [string] => [name.replace(HASH, '')]),
  ]
}

function namedIn(objects: Any[]): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>()
  for (const [secret, key] of containersOf(objects).flatMap(({ container }) => secretsOf(container))) {
    const keys = named.get(secret) ?? new Set()
    named.set(secret, key ? keys.add(key) : keys)
  }
  return named
}

function linesOf(file: string): Record<string, string> {
  const pairs = readFileSync(file, 'utf8').matchAll(/^(\w+)=(.*)$/gm)
  return Object.fromEntries([...pairs].map(([, name = '', value = '']) => [name, value]))
}
