import { type ReceivedSpan, startReceiver } from '@lectern/local/trace/receiver.ts'
import { exporting } from '@lectern/local/trace/tracing.ts'
import { growTrees, type TreeNode } from '@lectern/local/trace/tree.ts'
import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import type { Test } from '@lectern/shared/testing/servers.ts'
import { type SystemOptions, startSystem, until } from './system.ts'

/** The whole system with its spans sent to this process, each of them. */
export type Traced = Awaited<ReturnType<typeof startTraced>>

export async function startTraced(t: Test, { env, ...options }: SystemOptions = {}) {
  const spans: ReceivedSpan[] = []
  const exports: string[] = []
  const receiver = await startReceiver((received, json) => {
    spans.push(...received)
    exports.push(json)
  })
  t.teardown(() => receiver.close())
  const system = await startSystem(t, { ...options, env: { ...exporting(receiver), ...env } })

  const rootOf = (requestId: string) =>
    spans.find(
      ({ parentId, attributes }) => parentId === null && attributes[ATTRIBUTE.requestId] === requestId,
    )

  /** The trees of a request with the batches that took its record: one, if no parent is missing. */
  function treesOf(requestId: string): TreeNode[] {
    const root = rootOf(requestId)
    return root ? growTrees(root.traceId, spans) : []
  }
  return {
    ...system,
    /** All that has come so far. */
    spans,
    /** The same as it came: all that left the services. */
    exported: () => exports.join('\n'),
    treesOf,
    /** The spans of a request with this name, the batches that took its record included. */
    spansOf: (requestId: string, name: string) => named(treesOf(requestId), name),
    /** Spans whose parent was never sent. */
    orphans(): string[] {
      const known = new Set(spans.map(({ traceId, spanId }) => traceId + spanId))
      return spans
        .filter(({ traceId, parentId }) => parentId !== null && !known.has(traceId + parentId))
        .map(({ service, name }) => `${service} ${name}`)
    },
    /** Waits until both consumers have taken the record of a request, and its own span has ended. */
    untilKept: (requestId: string) =>
      until(
        async () =>
          ['process quota-ledger', 'process logger-records'].every(
            name => named(treesOf(requestId), name).length > 0,
          ),
        `the spans of ${requestId}`,
      ),
  }
}

function named(trees: readonly TreeNode[], name: string): ReceivedSpan[] {
  return trees.flatMap(({ span, children }) => [
    ...(span.name === name ? [span] : []),
    ...named(children, name),
  ])
}

/** Whether a span is one of ours, not an instrumentation's. */
export const isOwn = ({ scope }: ReceivedSpan): boolean => scope === 'lectern'

/**
 * Trees as indented lines `<service> <kind> <name>`: what a span has caused in order of time, then the batches that link to
 * it, marked by an arrow; a question mark is a missing parent. Queries that follow each other are one line: how many it takes
 * is not the trace's affair.
 */
export function outline(trees: readonly TreeNode[], indent = ''): string[] {
  const caused = trees.filter(({ by }) => by !== 'link')
  const linked = trees.filter(({ by }) => by === 'link').sort((a, b) => (a.span.name < b.span.name ? 1 : -1))
  const lines = [...caused, ...linked].flatMap(({ span, by, parentMissing, children }) => {
    const mark = `${by === 'link' ? '⇠ ' : ''}${parentMissing ? '? ' : ''}`
    const name = span.scope.endsWith('-pg') ? 'pg' : span.name
    const service = span.service.replace('lectern-', '')
    return [`${indent}${mark}${service} ${span.kind} ${name}`, ...outline(children, `${indent}  `)]
  })
  return lines.filter((line, index) => !(line.endsWith(' pg') && lines[index - 1] === line))
}

/** What a request whose key and prompt are known leaves in an outline: until its tokens are held, one try, its record. */
export const RESERVED = [
  'gateway server POST /v1/chat/completions',
  '  gateway internal prompt lookup',
  '  gateway client request quota.reserve',
  '    quota server handle quota.reserve',
  '      quota client redis reserve-1.lua',
]
export const ATTEMPT = ['  gateway client chat test-model', '    gateway client POST']
export const LEDGERED = [
  '    ⇠ quota consumer process quota-ledger',
  '      quota client pg',
  '      quota client redis confirm-1.lua',
  '    ⇠ logger consumer process logger-records',
  '      logger client pg',
]
export const PUBLISHED = '  gateway producer publish records.completed'
export const RECEIVED = ['    quota consumer receive quota-ledger', '      quota client redis settle-1.lua']
export const KEPT = [PUBLISHED, ...RECEIVED, ...LEDGERED]
