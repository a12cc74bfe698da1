import t from 'tap'
import { MODEL, startCampus } from './campus.ts'

/** Azure's address of a model and its header for the key, against a server that knows both. */

process.env.LECTERN_TEST_AZURE_KEY = 'azure-secret'
const campus = await startCampus(t, {
  providers: demo => {
    const baseUrl = demo.replace(/\/v1$/, '')
    const entry = { kind: 'azure', baseUrl, apiKeyEnv: 'LECTERN_TEST_AZURE_KEY' }
    return {
      providers: [
        { ...entry, name: 'azure', models: [{ name: MODEL, model: 'demo-small' }] },
        {
          ...entry,
          name: 'dated',
          apiVersion: '2024-10-21',
          models: [
            { name: 'dated', model: 'demo-small', maxOutputField: 'max_completion_tokens' },
            { name: 'embedding', model: 'demo-embedding', operation: 'embeddings' },
          ],
        },
      ],
    }
  },
})
const { client, provider } = campus
provider.control.accept(['azure-secret'])
const messages = [{ role: 'user' as const, content: 'hi' }]

t.test('the v1 API: OpenAI’s paths below the resource', async t => {
  const { choices } = await client.chat.completions.create({ model: MODEL, messages, max_tokens: 9 })
  t.match(choices[0]?.message.content, /demo-small/)
  const { headers, path, query, body } = provider.requests.at(-1) ?? {}
  t.match({ path, query }, { path: '/openai/v1/chat/completions', query: '' })
  t.equal(headers?.['api-key'], 'azure-secret')
  t.notOk(headers?.authorization)
  t.match(body, { model: 'demo-small', max_tokens: 9, messages: [{ role: 'system' }, messages[0]] })
})

t.test('with a version: a path for each deployment', async t => {
  const stream = client.chat.completions.stream({ model: 'dated', messages })
  t.match((await stream.finalChatCompletion()).choices[0]?.finish_reason, 'stop')
  t.match(provider.requests.at(-1), {
    path: '/openai/deployments/demo-small/chat/completions',
    query: 'api-version=2024-10-21',
    headers: { 'api-key': 'azure-secret', accept: 'text/event-stream' },
    body: { max_completion_tokens: 500, stream_options: { include_usage: true } },
  })
  const { data } = await client.embeddings.create({ model: 'embedding', input: 'hi' })
  t.equal(data[0]?.embedding.length, 64)
  t.match(provider.requests.at(-1), {
    path: '/openai/deployments/demo-embedding/embeddings',
    query: 'api-version=2024-10-21',
  })
})
