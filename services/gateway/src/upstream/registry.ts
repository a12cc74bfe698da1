import type { ReplyOf } from '@lectern/shared/contracts/call.ts'
import type { ListModelsCall } from '@lectern/shared/contracts/models.ts'
import type { METRIC } from '@lectern/shared/metric-table.ts'
import type { Reading } from '@lectern/shared/metrics.ts'
import type { ModelTokens } from '../hold.ts'
import type { Vocabulary } from '../token-count.ts'
import { Allowance } from './allowance.ts'
import type { KeyState } from './api-keys.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import type { Fleet } from './fleet.ts'
import { Load } from './load.ts'
import type { UpstreamTimeouts } from './origin.ts'
import type { Deployment, Operation, Provider } from './provider.ts'
import { anthropicProvider } from './providers/anthropic.ts'
import { azureProvider } from './providers/azure.ts'
import { geminiProvider } from './providers/gemini.ts'
import { openAiProvider } from './providers/openai.ts'
import type { ConfiguredProvider, ProviderEntry } from './providers-file.ts'

type OpenProvider = (entry: ConfiguredProvider, timeouts: UpstreamTimeouts) => Provider

/** One file for each kind of provider. */
const KINDS: Record<ProviderEntry['kind'], OpenProvider> = {
  openai: openAiProvider,
  azure: azureProvider,
  gemini: geminiProvider,
  anthropic: anthropicProvider,
}

/** Room for any image of the usual models: GPT-4.1 stays below 2,500, Qwen-VL's default is 2,560, Claude documents 4,784. */
const DEFAULT_IMAGE_TOKENS = 5000
/** OpenAI documents three tokens around a conversation. */
const OPENAI_TEMPLATE_TOKENS = 24
/** Templates of open models begin with a system prompt of their own where there is none: gpt-oss with about 70 tokens. */
const OTHER_TEMPLATE_TOKENS = 100

/** Other vendors' names begin otherwise (gpt-oss, gpt-neox), or say nothing about the vocabulary. */
const OPENAI_MODEL = /^(openai\/)?(chatgpt-|gpt-\d|o\d|text-embedding-(3-|ada-002))/
const OLDER_OPENAI_MODEL = /^(openai\/)?(gpt-(3\.?5|4)(-|$)|text-embedding-)/

/** All configured models by their public names. */
export interface Registry {
  /** In the order of the file. */
  readonly names: readonly string[]
  /** Those that can do it, of the models with that name. */
  deploymentsOf(publicName: string, operation: Operation): readonly Deployment[]
  allDeployments(): readonly Deployment[]
  readonly providers: readonly Provider[]
  /** The names of those that bill whoever's key it is, so that students may bring their own. */
  readonly takingOwnKeys: ReadonlySet<string>
  close(): Promise<void>
}

/** Opens a pool for each provider and sorts their models by public name. `fleet`: who shares the limits; null: nobody. */
export function createRegistry(
  configured: readonly ConfiguredProvider[],
  timeouts: UpstreamTimeouts,
  fleet: Fleet | null = null,
): Registry {
  const deployments = new Map<string, Deployment[]>()
  const providers = configured.map(entry => {
    const provider = KINDS[entry.kind](entry, timeouts)
    for (const { name, model = name, weight = 1, maxOutputField = null, ...given } of entry.models) {
      deployments
        .getOrInsertComputed(name, () => [])
        .push({
          provider,
          publicName: name,
          operation: given.operation ?? 'chat',
          model,
          weight,
          maxOutputField,
          imageTokens: given.imageTokens ?? DEFAULT_IMAGE_TOKENS,
          vocabulary: given.tokenizer ?? vocabularyOf(model),
          breaker: new Breaker(),
          load: new Load(),
          allowance: given.limits
            ? new Allowance(given.limits, { name: `${entry.name} ${name} ${model}`, fleet })
            : null,
        })
    }
    return provider
  })
  return {
    names: [...deployments.keys()],
    deploymentsOf: (name, operation) =>
      deployments.get(name)?.filter(deployment => deployment.operation === operation) ?? [],
    allDeployments: () => [...deployments.values()].flat(),
    providers,
    takingOwnKeys: new Set(configured.flatMap(({ name, ownKeys }) => (ownKeys ? [name] : []))),
    close: async () => void (await Promise.all(providers.map(provider => provider.close()))),
  }
}

/** The models by their public names, with what each can be asked for. */
export function offeredModels({ names, allDeployments }: Registry): ReplyOf<typeof ListModelsCall>['items'] {
  const named = Map.groupBy(allDeployments(), ({ publicName }) => publicName)
  return names.map(name => ({
    name,
    operations: [...new Set(named.get(name)?.map(({ operation }) => operation))],
  }))
}

/** What must be held for a prompt, whichever of the deployments answers. */
export function modelTokens(deployments: readonly Deployment[]): ModelTokens {
  const vocabularies = [...new Set(deployments.map(({ vocabulary }) => vocabulary))]
  return {
    imageTokens: Math.max(...deployments.map(({ imageTokens }) => imageTokens)),
    templateTokens: vocabularies.includes('other') ? OTHER_TEMPLATE_TOKENS : OPENAI_TEMPLATE_TOKENS,
    vocabularies,
  }
}

const BREAKER_STATES: readonly BreakerState[] = ['closed', 'half_open', 'open']

/** The states of all breakers as a gauge shows them; of one provider's deployments under one name, the worst. */
export function breakerStates(registry: Registry): Reading<typeof METRIC.breaker> {
  const named = Map.groupBy(registry.allDeployments(), ({ provider, publicName }) =>
    JSON.stringify({ provider: provider.name, model: publicName }),
  )
  return [...named].map(([labels, deployments]) => [
    Math.max(...deployments.map(({ breaker }) => BREAKER_STATES.indexOf(breaker.state))),
    JSON.parse(labels),
  ])
}

const KEY_STATES: readonly KeyState[] = ['ready', 'limited', 'refused']

/** The states of all keys as a gauge shows them. */
export function keyStates(registry: Registry): Reading<typeof METRIC.keyState> {
  return registry.providers.flatMap(({ name, keys }) =>
    keys.states.map(({ name: key, state }): [number, { provider: string; key: string }] => [
      KEY_STATES.indexOf(state),
      { provider: name, key },
    ]),
  )
}

function vocabularyOf(model: string): Vocabulary | 'other' {
  if (!OPENAI_MODEL.test(model)) return 'other'
  return OLDER_OPENAI_MODEL.test(model) ? 'cl100k' : 'o200k'
}
