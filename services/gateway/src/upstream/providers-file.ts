import { readFile } from 'node:fs/promises'
import { ConfigError } from '@lectern/shared/config.ts'
import { ModelName } from '@lectern/shared/contracts/fields.ts'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { parse } from 'yaml'
import { ApiKeys } from './api-keys.ts'
import { BALANCES, type Balance } from './balancer.ts'

const closed = { additionalProperties: false }
const milliseconds = Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 }))

const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 }))

const ModelEntry = Type.Object(
  {
    name: ModelName,
    model: Type.Optional(ModelName),
    operation: Type.Optional(Type.Enum(['chat', 'embeddings'])),
    weight: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000_000 })),
    maxOutputField: Type.Optional(Type.Enum(['max_tokens', 'max_completion_tokens'])),
    limits: Type.Optional(
      Type.Object({ parallel: limit, requestsPerMinute: limit, tokensPerMinute: limit }, closed),
    ),
    imageTokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    tokenizer: Type.Optional(Type.Enum(['o200k', 'cl100k', 'other'])),
  },
  closed,
)

/** The name of a variable of the environment. */
const Variable = Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' })

const ProviderEntry = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$' }),
    kind: Type.Enum(['openai', 'azure', 'gemini', 'anthropic']),
    baseUrl: Type.String({ pattern: '^https?://[^@\\s?#]+$' }),
    apiKeyEnv: Type.Optional(
      Type.Union([Variable, Type.Array(Variable, { minItems: 1, uniqueItems: true })]),
    ),
    ownKeys: Type.Optional(Type.Boolean()),
    apiVersion: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z.-]{1,40}$' })),
    timeouts: Type.Optional(Type.Object({ firstByteMs: milliseconds, idleMs: milliseconds }, closed)),
    limits: Type.Optional(
      Type.Object({ connections: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })) }, closed),
    ),
    models: Type.Array(ModelEntry, { minItems: 1 }),
  },
  closed,
)
export type ProviderEntry = Static<typeof ProviderEntry>

const ProvidersFile = Type.Object(
  {
    providers: Type.Array(ProviderEntry, { minItems: 1 }),
    balance: Type.Optional(Type.Enum([...BALANCES])),
  },
  closed,
)

/** A provider of the file with its keys, which stand in the environment only. */
export interface ConfiguredProvider extends ProviderEntry {
  keys: ApiKeys
}

/** What the file says: who may answer, and how requests are spread where several may. */
export interface Providers {
  providers: ConfiguredProvider[]
  balance: Balance
}

/** Reads the providers file. Throws a ConfigError that lists every fault, also keys that the environment lacks. */
export async function readProviders(path: string, env: NodeJS.ProcessEnv): Promise<Providers> {
  const fault = (text: string) => `LECTERN_PROVIDERS (${path}): ${text}`
  const content: unknown = await readFile(path, 'utf8')
    .then(text => parse(text))
    .catch((error: unknown) => {
      throw new ConfigError([fault((error as Error).message)])
    })
  const shapeFaults = [...Value.Errors(ProvidersFile, content)].map(error => fault(faultText(error, content)))
  if (shapeFaults.length > 0) throw new ConfigError([...new Set(shapeFaults)])
  const { providers, balance = 'weighted' } = content as Static<typeof ProvidersFile>
  const faults = [
    ...repeatedNames(providers),
    ...missingKeys(providers, env),
    ...withoutEmbeddings(providers),
    ...wrongForAzure(providers),
  ].map(fault)
  if (faults.length > 0) throw new ConfigError(faults)
  const withKeys = providers.map(provider => {
    const keys = keyNamesOf(provider).map(name => ({ name, value: env[name] ?? '' }))
    return { ...provider, keys: new ApiKeys(keys) }
  })
  return { providers: withKeys, balance }
}

function* repeatedNames(providers: ProviderEntry[]): Generator<string> {
  const seen = new Set<string>()
  for (const { name, models } of providers) {
    if (seen.has(name)) yield `two providers are called "${name}"`
    seen.add(name)
    const deployments = new Set<string>()
    for (const { name: publicName, model = publicName } of models) {
      const deployment = `${publicName} -> ${model}`
      if (deployments.has(deployment)) yield `provider "${name}" lists ${deployment} twice`
      deployments.add(deployment)
    }
  }
}

function* missingKeys(providers: ProviderEntry[], env: NodeJS.ProcessEnv): Generator<string> {
  for (const provider of providers) {
    for (const variable of keyNamesOf(provider)) {
      if (!env[variable]) yield `provider "${provider.name}" needs its key in ${variable}, which is not set`
    }
  }
}

function keyNamesOf({ apiKeyEnv }: ProviderEntry): readonly string[] {
  return apiKeyEnv === undefined ? [] : [apiKeyEnv].flat()
}

/** What the kind `azure` has alone. */
function* wrongForAzure(providers: ProviderEntry[]): Generator<string> {
  for (const { name, kind, baseUrl, apiVersion } of providers) {
    if (kind !== 'azure' && apiVersion !== undefined)
      yield `provider "${name}" has an apiVersion, which only the kind azure knows`
    if (kind === 'azure' && /\/openai(\/|$)/.test(baseUrl))
      yield `provider "${name}": the baseUrl of the kind azure ends before /openai`
  }
}

function* withoutEmbeddings(providers: ProviderEntry[]): Generator<string> {
  for (const { name, kind, models } of providers) {
    if (kind === 'anthropic' && models.some(({ operation }) => operation === 'embeddings'))
      yield `provider "${name}" is of the kind anthropic, which has no models for embeddings`
  }
}

interface ShapeFault {
  instancePath: string
  message?: string
  params?: unknown
}

/** `providers[0].models[1].weight must be >= 0`, with the names of unknown and missing fields. */
function faultText({ instancePath, message, params }: ShapeFault, content: unknown): string {
  const { additionalProperties, requiredProperties, allowedValues } = (params ?? {}) as Record<
    string,
    string[]
  >
  const where = instancePath
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.')
  const place = where || (content === null ? 'the empty file' : 'the file')
  if (additionalProperties) return `${place} has an unknown field: ${additionalProperties.join(', ')}`
  if (requiredProperties) return `${place} lacks ${requiredProperties.join(', ')}`
  return `${place} ${message ?? 'is not valid'}${allowedValues ? `: ${allowedValues.join(', ')}` : ''}`
}
