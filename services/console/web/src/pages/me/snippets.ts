/** What to paste into clients, ready to use but for a key that only the student has. */

export interface Connection {
  /** Ends in `/v1`. */
  baseUrl: string
  model: string
  key: string
}

export const CODE_CLIENTS = ['curl', 'python', 'node', 'claude'] as const
export type CodeClient = (typeof CODE_CLIENTS)[number]

/** Names are given as JSON strings: these are strings of Python and JavaScript, too. */
const quoted = (text: string): string => JSON.stringify(text)
/** One word of a shell, whatever is in it. */
const word = (text: string): string =>
  /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** The address for clients that add `/v1` by themselves. */
export const rootOf = (baseUrl: string): string => baseUrl.replace(/\/v1\/?$/, '')

const SNIPPETS: Record<CodeClient, (to: Connection) => string> = {
  curl: ({ baseUrl, model, key }) =>
    [
      `curl ${word(`${baseUrl}/chat/completions`)} \\`,
      `  -H ${word(`Authorization: Bearer ${key}`)} \\`,
      `  -H 'Content-Type: application/json' \\`,
      `  -d ${word(JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello.' }] }))}`,
    ].join('\n'),
  python: ({ baseUrl, model, key }) => `# pip install openai
from openai import OpenAI

client = OpenAI(
    base_url=${quoted(baseUrl)},
    api_key=${quoted(key)},
)
answer = client.chat.completions.create(
    model=${quoted(model)},
    messages=[{"role": "user", "content": "Say hello."}],
)
print(answer.choices[0].message.content)`,
  node: ({ baseUrl, model, key }) => `// npm install openai
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: ${quoted(baseUrl)},
  apiKey: ${quoted(key)},
})
const answer = await client.chat.completions.create({
  model: ${quoted(model)},
  messages: [{ role: 'user', content: 'Say hello.' }],
})
process.stdout.write(answer.choices[0].message.content)`,
  claude: ({ baseUrl, model, key }) =>
    [
      `export ANTHROPIC_BASE_URL=${word(rootOf(baseUrl))}`,
      `export ANTHROPIC_AUTH_TOKEN=${word(key)}`,
      `export ANTHROPIC_MODEL=${word(model)}`,
      ...['OPUS', 'SONNET', 'HAIKU'].map(name => `export ANTHROPIC_DEFAULT_${name}_MODEL=${word(model)}`),
      'export CLAUDE_CODE_MAX_OUTPUT_TOKENS=8000',
      'claude',
    ].join('\n'),
}

export const snippetOf = (client: CodeClient, to: Connection): string => SNIPPETS[client](to)
