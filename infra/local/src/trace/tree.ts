import type { ReceivedSpan } from './receiver.ts'

/** A span with what it has caused, in order of time. */
export interface TreeNode {
  span: ReceivedSpan
  /** How it hangs where it does. `link`: a batch of a trace of its own that says that it took this span's message. */
  by: 'root' | 'parent' | 'link'
  /** It names a parent that has not come: not kept, not sent, or still running. */
  parentMissing: boolean
  children: TreeNode[]
}

/**
 * The trees of one trace, in order of time: one, unless a span names a parent that has not come. `spans` is all that is
 * known, in any order and of any trace; a batch that links to a span of the trace stands under that span, or, where that one
 * has not come, under the first root.
 */
export function growTrees(traceId: string, spans: readonly ReceivedSpan[]): TreeNode[] {
  // An export whose answer was lost is sent again.
  const all = [...new Map(spans.map(span => [span.traceId + span.spanId, span])).values()]
  const own = all.filter(span => span.traceId === traceId)
  const known = new Set(own.map(span => span.spanId))
  const batches = all.filter(span => span.traceId !== traceId && takesFrom(span, traceId))
  const isTop = (span: ReceivedSpan) => span.parentId === null || !known.has(span.parentId)
  const roots = own.filter(isTop).sort(byStart)

  const grow = (span: ReceivedSpan, by: TreeNode['by']): TreeNode => {
    const caused = spansBelow(span, all).map(child => grow(child, 'parent'))
    const taken = batches.filter(batch => leadsTo(batch, span)).map(batch => grow(batch, 'link'))
    const parentMissing = by === 'root' && span.parentId !== null
    return { span, by, parentMissing, children: [...caused, ...taken].sort(inTime) }
  }
  const trees = roots.map(span => grow(span, 'root'))
  const lost = batches.filter(batch => !own.some(span => leadsTo(batch, span)))
  trees[0]?.children.push(...lost.map(batch => grow(batch, 'link')))
  return trees
}

/** Whether a span is a consumer's that took a message of this trace. Who is no consumer only links to where he comes from. */
export const takesFrom = ({ kind, links }: ReceivedSpan, traceId: string): boolean =>
  kind === 'consumer' && links.some(link => link.traceId === traceId)

const spansBelow = ({ traceId, spanId }: ReceivedSpan, spans: readonly ReceivedSpan[]) =>
  spans.filter(span => span.parentId === spanId && span.traceId === traceId)

const leadsTo = (batch: ReceivedSpan, { traceId, spanId }: ReceivedSpan) =>
  batch.links.some(link => link.traceId === traceId && link.spanId === spanId)

const byStart = (a: ReceivedSpan, b: ReceivedSpan) => a.startUs - b.startUs
const inTime = (a: TreeNode, b: TreeNode) => byStart(a.span, b.span)
