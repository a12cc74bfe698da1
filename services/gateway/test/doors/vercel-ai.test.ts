import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from 'ai'
import t from 'tap'
import { z } from 'zod'
import { MODEL, startCampus } from '../campus.ts'

/** The Vercel AI SDK with two of its own providers, unmodified, on the doors that they speak to. */

const campus = await startCampus(t)
const baseURL = `${campus.url}/v1`
const lectern = createOpenAICompatible({ name: 'lectern', baseURL, apiKey: campus.key, includeUsage: true })
const anthropic = createAnthropic({ baseURL, apiKey: campus.key })
const lastRecord = async () => (await campus.records()).at(-1)?.record

/** Anthropic’s API demands one; without it the SDK would choose 4096 and warn. */
const CAP = { maxOutputTokens: 300 }

const weather = tool({
  description: 'Tells the weather',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `Sunny in ${city}`,
})

const cases = [
  ['openai-compatible', lectern(MODEL), '/v1/chat/completions'],
  ['anthropic', anthropic(MODEL), '/v1/messages'],
] as const

for (const [name, model, endpoint] of cases) {
  t.test(`${name}: a text in one piece`, async t => {
    const { text, finishReason, usage } = await generateText({
      model,
      ...CAP,
      prompt: 'Hello? [[demo: tokens=7]]',
    })
    t.match(text, /^Hello! I am/)
    t.equal(finishReason, 'stop')
    t.equal(usage.outputTokens, 7)
    t.match(await lastRecord(), { endpoint, stream: false, chargeTokens: usage.totalTokens })
  })

  t.test(`${name}: a stream`, async t => {
    const stream = streamText({ model, ...CAP, prompt: 'Hello? [[demo: tokens=20]]' })
    const pieces = await Array.fromAsync(stream.textStream)
    t.ok(pieces.length >= 15, `${pieces.length} pieces`)
    t.equal((await stream.usage).outputTokens, 20)
    t.match(await lastRecord(), {
      endpoint,
      stream: true,
      chargeTokens: (await stream.usage).totalTokens,
      answers: [{ text: pieces.join('') }],
    })
  })

  t.test(`${name}: a tool is called, run, and its result answered, streamed and not`, async t => {
    const request = {
      model,
      ...CAP,
      prompt: 'Weather in Rome?',
      tools: { weather },
      stopWhen: stepCountIs(3),
    }
    const whole = await generateText(request)
    t.equal(whole.steps.length, 2)
    t.match(whole.steps[0]?.toolResults, [{ toolName: 'weather', output: /^Sunny in/ }])
    t.match(whole.text, /The tool answered: “Sunny in/)
    const stream = streamText(request)
    t.equal(await stream.text, whole.text)
    t.match((await stream.steps)[0]?.toolCalls, [{ toolName: 'weather', input: { city: String } }])
  })

  t.test(`${name}: an error is no answer`, async t => {
    const prompt = '[[demo: status=400]]'
    const failure = await generateText({ model, ...CAP, prompt, maxRetries: 0 }).catch(
      (error: unknown) => error,
    )
    t.ok(APICallError.isInstance(failure))
    t.match(failure, { statusCode: 400, isRetryable: false, message: /told to answer 400/ })
    const broken = streamText({
      model,
      ...CAP,
      prompt: '[[demo: cut=5 gap=5 tokens=50]]',
      onError: () => undefined,
    })
    const parts = await Array.fromAsync(broken.fullStream)
    t.ok(parts.some(part => part.type === 'error'))
    t.notOk(parts.some(part => part.type === 'finish-step' && part.finishReason === 'stop'))
  })
}

t.test('a structured object', async t => {
  const output = Output.object({ schema: z.object({ question: z.string(), sure: z.boolean() }) })
  const { output: said } = await generateText({ model: anthropic(MODEL), ...CAP, prompt: 'Sure?', output })
  t.match(said, { question: String, sure: Boolean })
})
