/**
 * Every metric of Lectern, as Prometheus shows it. Labels take few values, all known to staff or operators: courses,
 * models and providers, never anything that grows with students.
 */

/** From a hit in a cache to the longest answer. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
/** What one server takes on a good day, and on a bad one. */
const SHORT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

export const METRIC = {
  // Every service with an HTTP side.
  httpRequests: {
    name: 'lectern_http_request_seconds',
    help: 'From a request to the last byte of its answer',
    labels: ['route', 'method', 'status'],
    buckets: SECONDS,
  },
  // gateway
  admissions: {
    name: 'lectern_admissions_total',
    help: 'Chat requests decided: admitted, or the code of the refusal',
    labels: ['decision'],
  },
  completions: {
    name: 'lectern_completions_total',
    help: 'Admitted requests by how they ended',
    labels: ['outcome', 'model'],
  },
  firstToken: {
    name: 'lectern_first_token_seconds',
    help: 'From a request to the first byte of its answer to the client',
    labels: ['model'],
    buckets: SECONDS,
  },
  upstream: {
    name: 'lectern_upstream_attempts_total',
    help: 'Attempts at providers by outcome: answered, or the kind of failure',
    labels: ['provider', 'model', 'outcome'],
  },
  upstreamFirstByte: {
    name: 'lectern_upstream_first_byte_seconds',
    help: 'From an attempt at a provider to the first byte of its answer',
    labels: ['provider', 'model'],
    buckets: SECONDS,
  },
  breaker: {
    name: 'lectern_breaker_state',
    help: 'Circuit breaker of a provider’s model: 0 closed, 1 half open, 2 open (requests go elsewhere, if there is one)',
    labels: ['provider', 'model'],
  },
  keyState: {
    name: 'lectern_provider_key_state',
    help: 'Our keys at a provider, by the variable that holds them: 0 ready, 1 rests after a limit, 2 rests after it was refused',
    labels: ['provider', 'key'],
  },
  limitsReached: {
    name: 'lectern_limits_reached_total',
    help: 'Requests that found a deployment at a limit of the providers file (or others in line for it): they went to another, or waited',
    labels: ['provider', 'model', 'limit'],
  },
  openRequests: { name: 'lectern_open_requests', help: 'Chat requests that run now' },
  promptLookups: {
    name: 'lectern_prompt_lookups_total',
    help: 'Lookups of a week’s prompt: hit, miss, or stale (the prompts service was away)',
    labels: ['result'],
  },
  answerCache: {
    name: 'lectern_answer_cache_total',
    help: 'Questions of courses that give answers again: hit (answered from memory), or miss',
    labels: ['result'],
  },
  spooled: { name: 'lectern_spooled_records_total', help: 'Records that went to disk instead of the bus' },
  unstored: {
    name: 'lectern_unstored_records_total',
    help: 'Records that neither bus nor disk took at once',
  },
  spoolBytes: { name: 'lectern_spool_bytes', help: 'What waits on disk for the bus' },
  // quota
  tokens: {
    name: 'lectern_tokens_total',
    help: 'Tokens in the ledger: input, output (as reported) and charged (at the weights)',
    labels: ['course', 'model', 'type'],
  },
  holdsOpen: { name: 'lectern_holds_open', help: 'Reservations that have not ended, in all of Redis' },
  expired: { name: 'lectern_holds_expired_total', help: 'Holds that nobody ended' },
  settledLate: { name: 'lectern_settled_late_total', help: 'Settlements of holds that had expired' },
  overcharged: { name: 'lectern_overcharged_total', help: 'Settlements that charged more than was held' },
  overdrawn: {
    name: 'lectern_overdrawn_accounts_total',
    help: 'Accounts below zero by more than corrections explain',
  },
  repaired: {
    name: 'lectern_drift_repaired_total',
    help: 'Accounts in Redis that differed from the ledger and were set to it',
  },
  scripts: {
    name: 'lectern_redis_script_seconds',
    help: 'Lua scripts in Redis, by what they answered (error: nothing)',
    labels: ['script', 'reply'],
    buckets: SHORT_SECONDS,
  },
  // Every service on the bus.
  busRequests: {
    name: 'lectern_bus_request_seconds',
    help: 'Questions asked over the bus, by how they were answered: ok, or the code of the error',
    labels: ['subject', 'outcome'],
    buckets: SHORT_SECONDS,
  },
  // Every service, where its requests are traced.
  instrumentationUp: {
    name: 'lectern_instrumentation_up',
    help: 'Whether an instrumentation was seen to make spans after the start: 1 or 0',
    labels: ['instrumentation'],
  },
  // Consumers of streams: quota and logger.
  consumerLag: {
    name: 'lectern_consumer_lag',
    help: 'Messages that are not acknowledged yet',
    labels: ['consumer'],
  },
  consumerRedelivered: {
    name: 'lectern_consumer_redelivered',
    help: 'Messages that are being delivered again',
    labels: ['consumer'],
  },
  batchSize: {
    name: 'lectern_batch_messages',
    help: 'Messages in a batch',
    labels: ['consumer'],
    buckets: COUNTS,
  },
  batchTime: {
    name: 'lectern_batch_seconds',
    help: 'What a batch takes, by whether it was stored',
    labels: ['consumer', 'outcome'],
    buckets: SHORT_SECONDS,
  },
  deadLetters: {
    name: 'lectern_dead_letters_total',
    help: 'Messages that nobody can store',
    labels: ['consumer'],
  },
  // Services with Postgres.
  poolConnections: {
    name: 'lectern_postgres_connections',
    help: 'Connections to Postgres: idle or used',
    labels: ['state'],
  },
  poolWaiting: { name: 'lectern_postgres_waiting', help: 'Queries that wait for a connection' },
  slowQueries: {
    name: 'lectern_slow_queries_total',
    help: 'Statements of Postgres beyond SLOW_QUERY_MS',
    labels: ['statement'],
  },
} as const
