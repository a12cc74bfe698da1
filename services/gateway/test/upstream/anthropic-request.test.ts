import t from 'tap'
import type { ChatBody } from '../../src/chat.ts'
import { writeMessagesBody } from '../../src/upstream/providers/anthropic-request.ts'

/** How a chat becomes a request of Anthropic's, in the cases that a journey does not meet. */

const HI = [{ role: 'user', content: 'hi' }]

function written(fields: object, { model = 'claude-sonnet-5', system = null as string | null } = {}) {
  const body = { model: 'm', messages: HI, ...fields } as ChatBody
  const sent = writeMessagesBody({ body, system, maxOutputTokens: 99, user: 'u1' }, model)
  return JSON.parse(JSON.stringify(sent))
}
const messages = (...given: object[]) => written({ messages: given })
const text = (words: string) => ({ type: 'text', text: words })

t.test(
  'P6: the staff’s prompt comes first, then the student’s own system messages, wherever they stood',
  async t => {
    const given = [
      { role: 'system', content: 'one' },
      { role: 'user', content: 'a' },
      { role: 'developer', content: [text('two')] },
      { role: 'user', content: [text('b'), text('')] },
    ]
    const sent = written({ messages: given }, { system: 'STAFF' })
    t.same(sent.system, [text('STAFF'), text('one'), text('two')])
    t.same(
      sent.messages,
      [{ role: 'user', content: [text('a'), text('b')] }],
      'one turn; nothing that is empty',
    )
    t.notHas(messages(...HI), 'system')
  },
)

t.test('P1: the cap is always sent, and nothing that Anthropic does not know', async t => {
  const sent = written({
    max_tokens: 5,
    max_completion_tokens: 7,
    seed: 1,
    logit_bias: {},
    user: 'me',
    store: true,
  })
  t.same(sent, {
    model: 'claude-sonnet-5',
    max_tokens: 99,
    messages: [{ role: 'user', content: [text('hi')] }],
    metadata: { user_id: 'u1' },
  })
})

t.test('calls of tools and their answers', async t => {
  const call = (id: string, args: unknown) => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: args },
  })
  const sent = messages(
    ...HI,
    {
      role: 'assistant',
      content: null,
      tool_calls: [call('functions.f:0', '{"a":1}'), call('c2', ''), call('c3', '{"a":')],
    },
    { role: 'tool', tool_call_id: 'functions.f:0', content: 'A' },
    { role: 'tool', tool_call_id: 'c2', content: [text('B')] },
    { role: 'user', content: 'and?' },
    { role: 'tool', tool_call_id: 'c3', content: '' },
  )
  t.same(sent.messages.slice(1), [
    {
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 'functions_f_0', name: 'f', input: { a: 1 } },
        { type: 'tool_use', id: 'c2', name: 'f', input: {} },
        { type: 'tool_use', id: 'c3', name: 'f', input: { arguments: '{"a":' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'functions_f_0', content: [text('A')] },
        { type: 'tool_result', tool_use_id: 'c2', content: [text('B')] },
        { type: 'tool_result', tool_use_id: 'c3' },
        text('and?'),
      ],
    },
  ])
})

t.test('pictures', async t => {
  const image = (url: string) =>
    messages({ role: 'user', content: [{ type: 'image_url', image_url: { url, detail: 'low' } }] })
  const source = (url: string) => image(url).messages[0].content[0].source
  t.same(source('data:image/PNG;base64,AAAA'), { type: 'base64', media_type: 'image/png', data: 'AAAA' })
  t.same(source('https://a.example/b.jpg'), { type: 'url', url: 'https://a.example/b.jpg' })
  for (const url of ['http://a.example/b.jpg', 'data:image/svg+xml;base64,AAAA', 'file:///etc/passwd', '']) {
    t.throws(() => image(url), { code: 'invalid_request', message: /https: address/ }, url)
  }
})

t.test('tools, and how they are chosen', async t => {
  const parameters = { type: 'object', properties: { a: { type: 'string' } } }
  const tools = [
    { type: 'function', function: { name: 'f', description: 'd', parameters, strict: true } },
    { type: 'function', function: { name: 'g' } },
  ]
  const chosen = (fields: object) => written({ tools, ...fields }).tool_choice
  t.same(written({ tools }).tools, [
    { name: 'f', description: 'd', input_schema: parameters, strict: true },
    { name: 'g', input_schema: { type: 'object' } },
  ])
  t.equal(chosen({}), undefined)
  t.same(chosen({ tool_choice: 'none', parallel_tool_calls: false }), { type: 'none' })
  t.same(chosen({ parallel_tool_calls: false }), { type: 'auto', disable_parallel_tool_use: true })
  t.same(chosen({ tool_choice: 'required' }), { type: 'any' })
  t.same(chosen({ tool_choice: { type: 'function', function: { name: 'g' } } }), { type: 'tool', name: 'g' })
  t.notHas(written({ tools: [], tool_choice: 'none' }), 'tool_choice')
  t.throws(() => chosen({ tool_choice: { type: 'allowed_tools' } }), {
    code: 'invalid_request',
    message: /tool_choice/,
  })
  t.throws(() => written({ tools: [{ type: 'web_search' }] }), { code: 'invalid_request', param: 'tools' })
})

t.test('sampling goes to the models that take it, thinking to those that know how', async t => {
  const sampling = (model: string, fields: object) => {
    const { temperature, top_p, thinking, output_config } = written(fields, { model })
    return { temperature, top_p, effort: output_config?.effort, thinking: thinking?.type }
  }
  const none = { temperature: undefined, top_p: undefined, effort: undefined, thinking: undefined }
  for (const model of [
    'claude-haiku-4-5',
    'claude-sonnet-4-5-20250929',
    'claude-3-5-haiku-latest',
    'claude-opus-4-20250514',
  ]) {
    t.same(
      sampling(model, { temperature: 1.7, top_p: 0.9, reasoning_effort: 'high' }),
      { ...none, temperature: 1 },
      model,
    )
    t.same(sampling(model, { top_p: 0.9 }), { ...none, top_p: 0.9 })
  }
  t.same(sampling('claude-opus-4-6', { temperature: 0.2 }), { ...none, temperature: 0.2 })
  for (const model of ['claude-opus-4-6', 'claude-opus-4-7', 'claude-sonnet-5-5']) {
    t.same(
      sampling(model, { temperature: 0.2, reasoning_effort: 'minimal' }),
      { ...none, effort: 'low', thinking: 'adaptive' },
      model,
    )
  }
  const tools = [{ type: 'function', function: { name: 'f' } }]
  t.same(sampling('claude-opus-4-8', { tools, tool_choice: 'required', reasoning_effort: 'xhigh' }), {
    ...none,
    effort: 'xhigh',
  })
  t.same(sampling('claude-sonnet-5', { temperature: 0.2, top_p: 0.5 }), none)
})

t.test('what has no counterpart is refused, in words that say what to do', async t => {
  const refused: [object, string][] = [
    [{ n: 2 }, 'n'],
    [{ logprobs: true }, 'logprobs'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ audio: { voice: 'x' } }, 'audio'],
    [{ functions: [{ name: 'f' }] }, 'functions'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ reasoning_effort: 'huge' }, 'reasoning_effort'],
    [{ stop: ['\n'] }, 'stop'],
    [{ messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }, 'messages'],
    [{ messages: [{ role: 'function', name: 'f', content: 'x' }] }, 'messages'],
    [{ messages: [{ role: 'system', content: 'only' }] }, 'messages'],
    [{ messages: [{ role: 'user', content: ' \n' }] }, 'messages'],
    [{ messages: [...HI, { role: 'tool', content: 'x' }] }, 'messages'],
    [{ messages: [{ role: 'user', content: [null] }] }, 'messages'],
  ]
  for (const [fields, param] of refused) {
    t.throws(() => written(fields), { code: 'invalid_request', param }, JSON.stringify(fields))
  }
  const harmless = {
    n: 1,
    logprobs: false,
    top_logprobs: 0,
    modalities: ['text'],
    response_format: { type: 'text' },
    stop: null,
    tools: null,
  }
  t.match(written(harmless), { max_tokens: 99 })
  t.same(written({ stop: ['a', 'b'] }).stop_sequences, ['a', 'b'])
  t.equal(
    messages({ role: 'assistant', content: 'Welcome!' }, ...HI).messages[0].role,
    'user',
    'a greeting opens',
  )
})
