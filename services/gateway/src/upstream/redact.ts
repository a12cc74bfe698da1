/** Anything that looks like a key in a provider's text: `sk-...`, `Bearer ...`, `AIza...`, also half masked with stars. */
const SECRETS =
  /\b(?:sk|pk|rk|gsk|xai|key|ln|hf|org|proj)[-_](?=[\w*-]*[\d*])[\w*-]{6,}|\bAIza[\w-]{20,}|\bBearer\s+\S+|\b[A-Za-z0-9]{2,8}\*{4,}\w*/g

/** A provider's text without keys: providers echo them in their errors. Our own are removed wherever they stand. */
export function redactSecrets(text: string, ownKeys: readonly string[]): string {
  const without = ownKeys.reduce((rest, key) => rest.replaceAll(key, '[redacted]'), text)
  return without.replace(SECRETS, '[redacted]')
}
