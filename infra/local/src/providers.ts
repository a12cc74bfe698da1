import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { UserError } from './options.ts'

interface Provider {
  name: string
  kind: string
  baseUrl: string
  /** One variable, or several that are used by turns. */
  apiKeyEnv?: string | string[]
  models: { name: string; model?: string; operation?: string }[]
}

/** The providers file that the gateway will read, and what the launcher must know of it. */
export interface Providers {
  file: string
  names: string[]
  /** The models' public names. */
  models: string[]
  /** The variables that hold the providers' keys: for the gateway's eyes only. */
  keyVariables: string[]
}

// Names that each vendor has kept stable; a file of one's own (LECTERN_PROVIDERS) can offer any other.
const VENDORS: Provider[] = [
  vendor('openai', 'https://api.openai.com/v1', 'OPENAI_API_KEY', ['gpt-5-mini', 'gpt-4.1-mini', 'gpt-4.1']),
  {
    ...vendor('anthropic', 'https://api.anthropic.com/v1', 'ANTHROPIC_API_KEY', [
      'claude-haiku-5-5',
      'claude-sonnet-5-5',
    ]),
    kind: 'anthropic',
  },
  vendor('deepseek', 'https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY', [
    'deepseek-chat',
    'deepseek-reasoner',
  ]),
  vendor('dashscope', 'https://dashscope.aliyuncs.com/compatible-mode/v1', 'DASHSCOPE_API_KEY', [
    'qwen-plus',
    'qwen-flash',
  ]),
  vendor('openrouter', 'https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY', ['openrouter/auto']),
]
const OLLAMA_ADDRESS = '127.0.0.1:11434'
// It is on this machine, so it answers at once or is not there.
const OLLAMA_TIMEOUT_MS = 300

/** The providers of the user's own file, those whose key is in the environment, or a local Ollama; else none. */
export async function findProviders(
  folder: string,
  givenFile: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Providers | undefined> {
  if (givenFile) return describe(givenFile, await readProviders(givenFile))
  const found = VENDORS.filter(({ apiKeyEnv = [] }) => [apiKeyEnv].flat().some(name => env[name]))
  const ollama = await findOllama(env.OLLAMA_HOST || OLLAMA_ADDRESS)
  if (ollama) found.push(ollama)
  return found.length > 0 ? writeProviders(folder, found) : undefined
}

/** A file with the built-in demo provider alone. */
export function demoProviders(folder: string, port: number): Promise<Providers> {
  const models = [
    { name: 'lectern-demo', model: 'demo-small' },
    { name: 'lectern-demo-large', model: 'demo-large' },
    { name: 'lectern-demo-embedding', model: 'demo-embedding', operation: 'embeddings' },
  ]
  return writeProviders(folder, [
    { name: 'demo', kind: 'openai', baseUrl: `http://127.0.0.1:${port}/v1`, models },
  ])
}

async function writeProviders(folder: string, providers: Provider[]): Promise<Providers> {
  const file = join(folder, 'providers.yaml')
  const note =
    '# Written anew at each start. To change it, copy it and start with LECTERN_PROVIDERS=<the copy>.\n'
  await writeFile(file, note + stringify({ providers }))
  return describe(file, providers)
}

async function readProviders(file: string): Promise<Provider[]> {
  try {
    const { providers } = parse(await readFile(file, 'utf8'))
    if (!Array.isArray(providers)) throw new Error('it has no list "providers"')
    return providers
  } catch (error) {
    throw new UserError(
      `The providers file ${file} (LECTERN_PROVIDERS) is of no use: ${(error as Error).message}`,
    )
  }
}

// The gateway checks the file in earnest and names every fault in it: this only reads what it can.
function describe(file: string, providers: Provider[]): Providers {
  return {
    file,
    names: providers.map(({ name }) => name),
    models: [...new Set(providers.flatMap(({ models }) => (models ?? []).map(({ name }) => name)))],
    keyVariables: providers.flatMap(({ apiKeyEnv }) => apiKeyEnv ?? []),
  }
}

async function findOllama(address: string): Promise<Provider | undefined> {
  const url = address.includes('://') ? address : `http://${address}`
  try {
    const response = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(OLLAMA_TIMEOUT_MS) })
    const { models } = (await response.json()) as { models: { name: string }[] }
    const names = models.map(({ name }) => ({ name }))
    return names.length > 0
      ? { name: 'ollama', kind: 'openai', baseUrl: `${url}/v1`, models: names }
      : undefined
  } catch {
    return undefined
  }
}

function vendor(name: string, baseUrl: string, apiKeyEnv: string, models: string[]): Provider {
  return { name, kind: 'openai', baseUrl, apiKeyEnv, models: models.map(model => ({ name: model })) }
}
