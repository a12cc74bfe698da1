import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { parse } from 'yaml'
import { UserError } from '../src/options.ts'
import { demoProviders, findProviders } from '../src/providers.ts'

const NO_OLLAMA = { OLLAMA_HOST: '127.0.0.1:1' }

t.test('with nothing configured there is none, and the demo provider can take its place', async t => {
  const folder = t.testdir()
  t.equal(await findProviders(folder, undefined, NO_OLLAMA), undefined)
  const demo = await demoProviders(folder, 4010)
  t.same(demo.models, ['lectern-demo', 'lectern-demo-large', 'lectern-demo-embedding'])
  t.same(parse(readFileSync(demo.file, 'utf8')).providers[0].baseUrl, 'http://127.0.0.1:4010/v1')
})

t.test('a key in the environment brings in its provider; the key itself is not written down', async t => {
  const env = { ...NO_OLLAMA, DEEPSEEK_API_KEY: 'sk-secret', OPENAI_API_KEY: '' }
  const found = await findProviders(t.testdir(), undefined, env)
  t.match(found, {
    names: ['deepseek'],
    models: ['deepseek-chat', 'deepseek-reasoner'],
    keyVariables: ['DEEPSEEK_API_KEY'],
  })
  const written = readFileSync(found?.file ?? '', 'utf8')
  t.notMatch(written, 'sk-secret')
  t.match(parse(written).providers, [{ name: 'deepseek', kind: 'openai', apiKeyEnv: 'DEEPSEEK_API_KEY' }])
})

t.test('Claude models come over Anthropic’s own API', async t => {
  const env = { ...NO_OLLAMA, ANTHROPIC_API_KEY: 'sk-ant-secret' }
  const found = await findProviders(t.testdir(), undefined, env)
  t.match(found, { names: ['anthropic'], keyVariables: ['ANTHROPIC_API_KEY'] })
  t.ok(found?.models.every(model => model.startsWith('claude-')))
  t.match(parse(readFileSync(found?.file ?? '', 'utf8')).providers, [
    { kind: 'anthropic', baseUrl: 'https://api.anthropic.com/v1', apiKeyEnv: 'ANTHROPIC_API_KEY' },
  ])
})

t.test("a local Ollama's models are offered under their own names", async t => {
  const ollama = createServer((_, response) => response.end('{"models":[{"name":"qwen3:4b"}]}')).listen(
    0,
    '127.0.0.1',
  )
  t.teardown(() => ollama.close())
  await new Promise(done => ollama.once('listening', done))
  const address = `127.0.0.1:${(ollama.address() as AddressInfo).port}`
  t.match(await findProviders(t.testdir(), undefined, { OLLAMA_HOST: address }), {
    names: ['ollama'],
    models: ['qwen3:4b'],
    keyVariables: [],
  })
})

t.test("the user's own file comes before everything else", async t => {
  const provider = {
    name: 'mine',
    baseUrl: 'http://x/v1',
    apiKeyEnv: 'MY_KEY',
    models: [{ name: 'a' }, { name: 'b', model: 'c' }],
  }
  const folder = t.testdir({ 'providers.json': JSON.stringify({ providers: [provider] }) })
  const file = `${folder}/providers.json`
  const found = await findProviders(folder, file, { OPENAI_API_KEY: 'sk' })
  t.same(found, { file, names: ['mine'], models: ['a', 'b'], keyVariables: ['MY_KEY'] })
})

t.test('a file that is missing or no list of providers is named', async t => {
  const folder = t.testdir({ 'list.yaml': '- name: demo', 'broken.yaml': 'providers: [' })
  for (const name of ['list.yaml', 'broken.yaml', 'none.yaml']) {
    await t.rejects(findProviders(folder, `${folder}/${name}`, {}), UserError, name)
  }
})
