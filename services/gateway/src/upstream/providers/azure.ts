import type { UpstreamTimeouts } from '../origin.ts'
import type { Provider } from '../provider.ts'
import type { ConfiguredProvider } from '../providers-file.ts'
import { ENDPOINTS, openAiProvider } from './openai.ts'

/**
 * A provider of the kind `azure`: OpenAI's API below a resource's address, with a header of its own for the key. With an
 * `apiVersion` each deployment has its own path, else it is named in the body, as at OpenAI (Azure's v1 API).
 */
export function azureProvider(entry: ConfiguredProvider, timeouts: UpstreamTimeouts): Provider {
  const { apiVersion } = entry
  return openAiProvider(entry, timeouts, {
    keyHeaders: key => ({ 'api-key': key }),
    pathOf: ({ operation, model }) =>
      apiVersion === undefined
        ? `/openai/v1${ENDPOINTS[operation]}`
        : `/openai/deployments/${encodeURIComponent(model)}${ENDPOINTS[operation]}?api-version=${apiVersion}`,
  })
}
