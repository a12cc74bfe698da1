import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ATTRIBUTE } from '../attributes.ts'
import { METRIC } from '../metric-table.ts'
import { createHistogram } from '../metrics.ts'
import { inSpan, SpanKind } from '../spans.ts'
import type { Redis } from './connect.ts'

const seconds = createHistogram(METRIC.scripts)

/**
 * A Lua script as a typed function. The header of the file is its contract, and is read here:
 *
 *     -- reserve-3.lua: <what it does>
 *     -- KEYS: course, account, hold
 *     -- ARGV: now_ms, deadline_ms, ...
 *     -- REPLIES: granted, denied, not_ready
 *
 * The number in the file's name is the number of keys. A script answers an array whose first element is one of its
 * REPLIES. Arguments and keys are given by name, so that their order stands in one place: the file.
 */
export interface Script<K extends string, A extends string, R extends string> {
  readonly name: string
  readonly keys: readonly K[]
  readonly args: readonly A[]
  readonly replies: readonly R[]
  run(
    redis: Redis,
    keys: Record<K, string>,
    args: Record<A, string | number>,
  ): Promise<{ reply: R; values: string[] }>
}

/** Loads a script; throws when its header and the expected names differ. */
export function loadScript<K extends string, A extends string, R extends string>(
  file: URL,
  expected: { keys: readonly K[]; args: readonly A[]; replies: readonly R[] },
): Script<K, A, R> {
  const source = readFileSync(file, 'utf8')
  const name = file.pathname.split('/').at(-1) ?? ''
  for (const part of ['keys', 'args', 'replies'] as const) {
    const label = part === 'args' ? 'ARGV' : part.toUpperCase()
    const declared = header(source, label)
    const wanted = [...expected[part]]
    if (declared.join() !== wanted.join())
      throw new Error(`${name}: ${label} says [${declared}], the caller [${wanted}]`)
  }
  if (!name.endsWith(`-${expected.keys.length}.lua`))
    throw new Error(`${name}: the name must end with its key count`)
  const sha = createHash('sha1').update(source).digest('hex')

  async function evaluate(redis: Redis, values: (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(sha, expected.keys.length, ...values)
    } catch (error) {
      // The script cache is volatile: a restart, a failover or SCRIPT FLUSH empties it.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await redis.eval(source, expected.keys.length, ...values)
    }
  }

  return {
    name,
    ...expected,
    run(redis, keys, args) {
      const values = [...expected.keys.map(key => keys[key]), ...expected.args.map(arg => args[arg])]
      const attributes = () => ({
        [ATTRIBUTE.dbSystem]: 'redis',
        [ATTRIBUTE.dbOperation]: name,
        [ATTRIBUTE.bucket]: bucketOf(values[0]),
      })
      return inSpan(`redis ${name}`, { kind: SpanKind.CLIENT, attributes }, async span => {
        const startMs = performance.now()
        let outcome = 'error'
        try {
          const [reply, ...rest] = ((await evaluate(redis, values)) as unknown[]).map(String)
          if (!expected.replies.includes(reply as R)) throw new Error(`${name}: undeclared reply ${reply}`)
          outcome = String(reply)
          return { reply: reply as R, values: rest }
        } finally {
          span.setAttribute(ATTRIBUTE.scriptReply, outcome)
          seconds.record((performance.now() - startMs) / 1000, { script: name, reply: outcome })
        }
      })
    },
  }
}

/** The end of the first key's hash tag, `{q:7f}`: it says where in the cluster a script ran, and nothing of whom for. */
function bucketOf(key: string | number | undefined): string {
  return /^\{[^}]*?([0-9a-f]{2})\}/.exec(String(key))?.[1] ?? ''
}

/** The names after `-- LABEL:`, over following comment lines until the next label. */
function header(source: string, label: string): string[] {
  const lines = source.split('\n').filter(line => line.startsWith('--'))
  const start = lines.findIndex(line => line.startsWith(`-- ${label}:`))
  if (start === -1) return []
  const end = lines.findIndex(
    (line, index) => index > start && (/^-- [A-Z]+:/.test(line) || /^--\s*$/.test(line)),
  )
  return lines
    .slice(start, end === -1 ? undefined : end)
    .join(' ')
    .replace(`-- ${label}:`, '')
    .split(/[\s,-]+/)
    .filter(Boolean)
}
