import type { UpstreamTimeouts } from './origin.ts'
import type { Deployment, Provider } from './provider.ts'
import { openAiProvider } from './providers/openai.ts'
import type { ConfiguredProvider, ProviderEntry } from './providers-file.ts'

type OpenProvider = (entry: ConfiguredProvider, timeouts: UpstreamTimeouts) => Provider

/** One file for each kind of provider. */
const KINDS: Record<ProviderEntry['kind'], OpenProvider> = { openai: openAiProvider }

/** Room for any image of the usual models: GPT-4.1 and Claude stay below 2,500, Qwen-VL's default is 2,560. */
const DEFAULT_IMAGE_TOKENS = 4000
/** All configured models by their public names. */
export interface Registry {
  /** In the order of the file. */
  readonly names: readonly string[]
  deploymentsOf(publicName: string): readonly Deployment[]
  close(): Promise<void>
}

/** Opens a pool for each provider and sorts their models by public name. */
export function createRegistry(
  configured: readonly ConfiguredProvider[],
  timeouts: UpstreamTimeouts,
): Registry {
  const deployments = new Map<string, Deployment[]>()
  const providers = configured.map(entry => {
    const provider = KINDS[entry.kind](entry, timeouts)
    for (const { name, model = name, weight = 1, maxOutputField = null, imageTokens } of entry.models) {
      deployments
        .getOrInsertComputed(name, () => [])
        .push({
          provider,
          publicName: name,
          model,
          weight,
          maxOutputField,
          imageTokens: imageTokens ?? DEFAULT_IMAGE_TOKENS,
        })
    }
    return provider
  })
  return {
    names: [...deployments.keys()],
    deploymentsOf: name => deployments.get(name) ?? [],
    close: async () => void (await Promise.all(providers.map(provider => provider.close()))),
  }
}
