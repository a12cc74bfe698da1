/**
 * Every attribute of a span, in one table (the names of metrics: `metric-table.ts`). Where OpenTelemetry's semantic
 * conventions have a name it is theirs; `lectern.*` is ours. None may carry what people wrote.
 */
export const ATTRIBUTE = {
  // A request over HTTP.
  httpMethod: 'http.request.method',
  /** The route as declared, never the path that was asked for. */
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  /** The kind of failure. */
  errorType: 'error.type',
  requestId: 'lectern.request.id',
  // A chat request.
  course: 'lectern.course',
  week: 'lectern.week',
  /** How it ended: an outcome of the record, or the code of the refusal. */
  outcome: 'lectern.outcome',
  chargeTokens: 'lectern.charge_tokens',
  firstTokenMs: 'lectern.first_token_ms',
  /** `hit`, `miss` or `stale`. */
  promptLookup: 'lectern.prompt.lookup',
  // A try at a provider: GenAI semantic conventions.
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  /** The public name. */
  model: 'gen_ai.request.model',
  /** The provider's own name of the model. */
  providerModel: 'lectern.provider.model',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  finishReasons: 'gen_ai.response.finish_reasons',
  /** 1 for the first try of a request. */
  attempt: 'lectern.attempt',
  // The bus.
  messagingSystem: 'messaging.system',
  messagingDestination: 'messaging.destination.name',
  batchMessages: 'messaging.batch.message_count',
  /** What a question over the bus was answered: `ok`, `granted`, the reason of a denial, or the code of an error. */
  reply: 'lectern.reply',
  /** Whether the record went to disk, to be published later. */
  spooled: 'lectern.record.spooled',
  // A script in Redis.
  dbSystem: 'db.system.name',
  dbOperation: 'db.operation.name',
  /** Two hex digits: the courses that share a hash tag. Never a key. */
  bucket: 'lectern.redis.bucket',
  /** What a Redis script answered: one of its replies, or `error`. */
  scriptReply: 'lectern.redis.reply',
} as const

type Names = typeof ATTRIBUTE
type Numbers =
  | 'httpStatus'
  | 'serverPort'
  | 'week'
  | 'chargeTokens'
  | 'firstTokenMs'
  | 'inputTokens'
  | 'outputTokens'
  | 'attempt'
  | 'batchMessages'

type ValueOf<K extends keyof Names> = K extends Numbers
  ? number
  : K extends 'spooled'
    ? boolean
    : K extends 'finishReasons'
      ? string[]
      : string

/** What a span may say of itself. */
export type SpanAttributes = { [K in keyof Names as Names[K]]?: ValueOf<K> }
