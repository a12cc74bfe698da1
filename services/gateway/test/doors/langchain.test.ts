import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import t from 'tap'
import { z } from 'zod'
import { MODEL, startCampus } from '../campus.ts'

/** LangChain's client of OpenAI's API, unmodified, by chat and by responses. */

const campus = await startCampus(t)
const lastRecord = async () => (await campus.records()).at(-1)?.record
const weather = tool(async ({ city }: { city: string }) => `Sunny in ${city}`, {
  name: 'weather',
  description: 'Tells the weather',
  schema: z.object({ city: z.string() }),
})

for (const useResponsesApi of [false, true]) {
  const endpoint = useResponsesApi ? '/v1/responses' : '/v1/chat/completions'
  const model = new ChatOpenAI({
    model: MODEL,
    apiKey: campus.key,
    configuration: { baseURL: `${campus.url}/v1` },
    maxRetries: 0,
    useResponsesApi,
  })

  t.test(`${endpoint}: invoke`, async t => {
    const answer = await model.invoke('Hello? [[demo: tokens=7]]')
    t.match(answer.text, /^Hello! I am/)
    t.equal(answer.usage_metadata?.output_tokens, 7)
    t.match(await lastRecord(), {
      endpoint,
      stream: false,
      chargeTokens: answer.usage_metadata?.total_tokens,
    })
  })

  t.test(`${endpoint}: stream`, async t => {
    const chunks = await Array.fromAsync(await model.stream('Hello? [[demo: tokens=20]]'))
    const texts = chunks.map(chunk => chunk.text).filter(text => text !== '')
    t.equal(texts.length, 20)
    t.match(await lastRecord(), { endpoint, stream: true, answers: [{ text: texts.join('') }] })
    t.equal(chunks.findLast(chunk => chunk.usage_metadata)?.usage_metadata?.output_tokens, 20)
  })

  t.test(`${endpoint}: bindTools, and the answer to what a tool said`, async t => {
    const able = model.bindTools([weather])
    const question = new HumanMessage('Weather in Rome?')
    const called = await able.invoke([question])
    const [call] = called.tool_calls ?? []
    t.match(call, { name: 'weather', args: { city: String } })
    const said = new ToolMessage({ content: 'Sunny in Rome', tool_call_id: call?.id ?? '' })
    t.match((await able.invoke([question, called, said])).text, /The tool answered: “Sunny in Rome”/)
    let whole = null
    for await (const chunk of await able.stream([question])) whole = whole ? whole.concat(chunk) : chunk
    t.match(whole?.tool_calls, [{ name: 'weather', args: { city: String } }])
  })

  t.test(`${endpoint}: a used-up budget is an error with its code`, async t => {
    Object.assign(campus.staff, { left: 0, held: 0 })
    t.teardown(() => Object.assign(campus.staff, { left: null, held: 5 }))
    const failure = await model.invoke('hi').catch((error: unknown) => error)
    t.match(failure, { status: 429, code: 'insufficient_quota' })
  })
}
