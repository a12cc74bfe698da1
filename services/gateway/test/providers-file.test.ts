import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@lectern/shared/config.ts'
import t from 'tap'
import { createBalancer } from '../src/upstream/balancer.ts'
import type { Deployment } from '../src/upstream/provider.ts'
import { readProviders } from '../src/upstream/providers-file.ts'
import { createRegistry } from '../src/upstream/registry.ts'

const TIMEOUTS = { connectMs: 1, poolWaitMs: 1, firstByteMs: 1, idleMs: 1 }
const dir = t.testdir()

async function faultsOf(text: string): Promise<readonly string[]> {
  const path = join(dir, 'providers.yaml')
  await writeFile(path, text)
  try {
    await readProviders(path, { SET: 'secret' })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.map(fault => fault.replace(`LECTERN_PROVIDERS (${path}): `, ''))
  }
}

const GOOD = `
providers:
  - name: one
    kind: openai
    baseUrl: https://one.example/v1/
    apiKeyEnv: SET
    timeouts: { firstByteMs: 5, idleMs: 6 }
    models:
      - { name: shared, model: a, weight: 3, maxOutputField: max_completion_tokens, imageTokens: 10 }
      - name: own/name
  - name: two
    kind: openai
    baseUrl: http://127.0.0.1:11434/v1
    models: [{ name: shared, model: b }]
`

t.test('a complete file, in YAML or JSON', async t => {
  t.same(await faultsOf(GOOD), [])
  const { providers } = await readProviders(join(dir, 'providers.yaml'), { SET: 'secret' })
  t.same(providers[0]?.keys.values, ['secret'])
  const registry = createRegistry(providers, TIMEOUTS)
  t.teardown(() => registry.close())
  t.same(registry.names, ['shared', 'own/name'])
  t.match(registry.deploymentsOf('shared', 'chat'), [
    { model: 'a', weight: 3, maxOutputField: 'max_completion_tokens', imageTokens: 10 },
    { model: 'b', weight: 1, maxOutputField: null, imageTokens: 5000 },
  ])
  t.match(registry.deploymentsOf('own/name', 'chat'), [{ model: 'own/name' }])
  t.same(registry.deploymentsOf('other', 'chat'), [])
  t.same(
    await faultsOf(
      JSON.stringify({
        providers: [{ name: 'x', kind: 'openai', baseUrl: 'http://x', models: [{ name: 'm' }] }],
      }),
    ),
    [],
  )
})

t.test('every fault is named at once', async t => {
  const faults = await faultsOf(`
providers:
  - name: one
    kind: telegraph
    baseUrl: ftp://x
    apikey: oops
    models: [{ name: a, weight: -1, colour: red }]
  - kind: openai
    baseUrl: https://user:secret@host/v1
    models: []
more: 1
`)
  const expected = [
    /unknown field: more/,
    /providers\[0\] has an unknown field: apikey/,
    /providers\[0\].kind .*openai/,
    /providers\[0\].baseUrl/,
    /providers\[0\].models\[0\] has an unknown field: colour/,
    /providers\[0\].models\[0\].weight/,
    /providers\[1\] lacks name/,
    /providers\[1\].baseUrl/,
    /providers\[1\].models/,
  ]
  for (const pattern of expected)
    t.ok(
      faults.some(fault => pattern.test(fault)),
      String(pattern),
    )
})

t.test('what the shape cannot say', async t => {
  const faults = await faultsOf(`
providers:
  - { name: one, kind: openai, baseUrl: http://x, apiKeyEnv: UNSET, models: [{ name: a }, { name: a }] }
  - { name: one, kind: openai, baseUrl: http://x, models: [{ name: a }] }
`)
  t.match(faults, [
    /lists a -> a twice/,
    /two providers are called "one"/,
    /its key in UNSET, which is not set/,
  ])
  t.match(await faultsOf('providers: ['), [/./])
  t.match(await faultsOf(''), [/the empty file/])
  await t.rejects(readProviders('/nowhere.yaml', {}), { message: /no such file/ })
})

t.test('several keys, and what only some kinds have', async t => {
  const entry = (more: string) =>
    `providers: [{ name: x, baseUrl: "http://x", models: [{ name: a }], ${more} }]`
  t.same(await faultsOf(entry('kind: openai, apiKeyEnv: [SET]')), [])
  t.match(await faultsOf(entry('kind: openai, apiKeyEnv: [SET, UNSET]')), [
    /its key in UNSET, which is not set/,
  ])
  t.ok((await faultsOf(entry('kind: openai, apiKeyEnv: []'))).length > 0)
  t.ok((await faultsOf(entry('kind: openai, apiKeyEnv: [SET, SET]'))).length > 0)
  t.same(await faultsOf(entry('kind: azure, apiVersion: 2024-10-21-preview')), [])
  t.match(await faultsOf(entry('kind: openai, apiVersion: 2024-10-21-preview')), [
    /only the kind azure knows/,
  ])
  const withPath = entry('kind: azure').replace('http://x', 'http://x/openai/v1')
  t.match(await faultsOf(withPath), [/ends before \/openai/])
})

t.test('the examples of docs/providers.md are good', async t => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/providers.md'), 'utf8')
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
  t.equal(examples.length, 2)
  for (const example of examples) {
    const faults = await faultsOf(example)
    t.ok(faults.length > 0)
    t.same(
      faults.filter(fault => !/needs its key in [A-Z_]+, which is not set$/.test(fault)),
      [],
    )
  }
})

t.test('weights', async t => {
  const deployment = (model: string, weight: number) => ({ model, weight }) as Deployment
  const candidates = [deployment('a', 1), deployment('b', 3), deployment('c', 0)]
  const chosen = (random: number) => createBalancer('weighted', () => random).choose(candidates).model
  t.same([0, 0.24, 0.26, 0.99].map(chosen), ['a', 'a', 'b', 'b'])
  t.equal(createBalancer('weighted', () => 0).choose([deployment('c', 0)]).model, 'c')
})
