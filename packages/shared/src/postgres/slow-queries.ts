import { AsyncLocalStorage } from 'node:async_hooks'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type pg from 'pg'
import type { Logger } from '../log.ts'
import { METRIC } from '../metric-table.ts'
import { createCounter } from '../metrics.ts'

const slowQueries = createCounter(METRIC.slowQueries)

type Query = (...args: unknown[]) => unknown

/**
 * Logs and counts each statement of the connection that takes longer, by name and time: never its values, nor its text, in
 * which values may stand. Failed ones as well: what ran into its timeout is the slowest of all.
 */
export function watchSlowQueries(client: pg.ClientBase, slowMs: number, log: Logger): void {
  const send = client.query.bind(client) as Query
  const timed: Query = (...args) => {
    const startMs = performance.now()
    // Otherwise it would run, and log, for whichever request had opened the connection.
    const ended = AsyncLocalStorage.bind(() => {
      const ms = performance.now() - startMs
      if (ms <= slowMs) return
      const statement = statementName(args[0])
      slowQueries.add(1, { statement })
      log.warn({ statement, ms: Math.round(ms) }, 'postgres: slow query')
    })
    const callback = args.at(-1)
    if (typeof callback === 'function') {
      args[args.length - 1] = (...results: unknown[]) => {
        ended()
        callback(...results)
      }
      return send(...args)
    }
    const result = send(...args)
    if (result instanceof Promise) result.then(ended, ended)
    // COPY: whoever writes it awaits it.
    else if (result instanceof Writable) finished(result).then(ended, ended)
    return result
  }
  client.query = timed as typeof client.query
}

// "quota"."students", logs.records, courses
const TABLE = /\b(?:from|into|update|join)\s+((?:"?[a-z_]\w*"?\.)?"?[a-z_]\w*"?)/i
// What may hold a value, or a word that only looks like a part of the statement.
const LITERALS = /'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//g

/** The name that the statement was given, else its verb and the first table that it names. */
export function statementName(query: unknown): string {
  const { name, text } =
    typeof query === 'string' ? { name: '', text: query } : (query as Partial<pg.QueryConfig>)
  if (name) return name
  const bare = (text ?? '').replace(LITERALS, ' ')
  const [verb = 'unknown'] = /[a-z]+/i.exec(bare) ?? []
  const [, table = ''] = TABLE.exec(bare) ?? []
  return `${verb.toLowerCase()} ${table.replaceAll('"', '')}`.trim()
}
