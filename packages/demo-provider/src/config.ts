/** What a demo provider is started with; every field has a default. */
export interface DemoOptions {
  host: string
  /** 0 takes any free port. */
  port: number
  /** Pause before the first token, unless a directive says otherwise. */
  firstTokenMs: number
  /** Pause between two tokens, unless a directive says otherwise. */
  chunkMs: number
  /** The models that chat; any other is a 404, as at a real provider. */
  models: string[]
  /** The models that make embeddings. */
  embeddingModels: string[]
  /** How many requests are remembered; the oldest are forgotten first. */
  maxRequests: number
}

/** 150 ms and 15 ms are a small hosted model on a good day: a stream that the eye can follow, and quick tests. */
export const DEFAULTS: DemoOptions = {
  host: '127.0.0.1',
  port: 4010,
  firstTokenMs: 150,
  chunkMs: 15,
  models: ['demo-small', 'demo-large'],
  embeddingModels: ['demo-embedding'],
  // Twice the largest test (1,000 requests), each some kilobytes.
  maxRequests: 2000,
}

/** The options in an environment. Throws one error that lists every fault. */
export function readOptions(env: NodeJS.ProcessEnv): DemoOptions {
  const faults: string[] = []
  const whole = (name: string, fallback: number, most: number) => {
    const text = env[name] || String(fallback)
    const value = Number(text)
    if (!/^\d+$/.test(text) || value > most) {
      faults.push(`${name} must be a whole number from 0 to ${most}, not "${text}"`)
    }
    return value
  }
  const options = {
    host: env.HOST || DEFAULTS.host,
    port: whole('PORT', DEFAULTS.port, 65_535),
    firstTokenMs: whole('DEMO_FIRST_TOKEN_MS', DEFAULTS.firstTokenMs, 600_000),
    chunkMs: whole('DEMO_CHUNK_MS', DEFAULTS.chunkMs, 600_000),
    models: env.DEMO_MODELS ? env.DEMO_MODELS.split(',').map(name => name.trim()) : DEFAULTS.models,
    embeddingModels: DEFAULTS.embeddingModels,
    maxRequests: DEFAULTS.maxRequests,
  }
  if (faults.length > 0) throw new Error(faults.join('; '))
  return options
}
