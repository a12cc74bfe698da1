import { styleText } from 'node:util'
import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import { factsOf } from './facts.ts'
import type { ReceivedSpan } from './receiver.ts'
import type { TreeNode } from './tree.ts'

export type Format = 'bold' | 'dim' | 'red' | 'cyan'

export interface PrintOptions {
  /** Columns of the terminal. */
  columns?: number
  /** By default colours where stdout is a terminal that wants them (NO_COLOR). */
  style?: (format: Format, text: string) => string
}

interface Page {
  columns: number
  style: (format: Format, text: string) => string
  /** The request's own span: bars are drawn in its time. */
  root: ReceivedSpan
}

/** A piece of a line; those of a line are cut to its width together. */
interface Piece {
  text: string
  format?: Format | undefined
}

// Two ids and two times need a hundred.
const COLUMNS = { least: 100, most: 140 }
const BAR_COLUMNS = 14
const DURATION_COLUMNS = 11

/**
 * A request as lines for the terminal: when it was, its ids and how long it took, then one line for each span: where it
 * hangs, its name, its service where that changes, what is worth knowing, when it ran (a bar within the request's time; for
 * what came after it, how much later) and for how long.
 */
export function printRequest(
  trees: readonly TreeNode[],
  { columns = COLUMNS.least, style = styleText }: PrintOptions = {},
): string {
  const [root] = trees
  if (!root) return ''
  const width = Math.min(Math.max(columns, COLUMNS.least), COLUMNS.most)
  const page: Page = { columns: width, style, root: root.span }
  return [heading(page), ...trees.flatMap(tree => lines(tree, '', '', undefined, page))].join('\n')
}

function heading({ root, style, columns }: Page): string {
  const { startUs, endUs, traceId, attributes } = root
  const time = new Date(startUs / 1000).toTimeString().slice(0, 8)
  const ids = `${attributes[ATTRIBUTE.requestId] ?? 'no request id'}  trace ${traceId}`
  const total = milliseconds(endUs - startUs)
  const text = printable(`${time}  ${ids}`)
  return style('bold', `${text.padEnd(columns - total.length - 1)} ${total}`)
}

/** The lines of a tree. `first` and `next` are what stands before its own line and before those below it. */
function lines(
  node: TreeNode,
  first: string,
  next: string,
  above: ReceivedSpan | undefined,
  page: Page,
): string[] {
  const below = node.children.flatMap((child, index) => {
    const isLast = index === node.children.length - 1
    const [branch, trunk] = isLast ? ['└─ ', '   '] : ['├─ ', '│  ']
    return lines(child, next + branch, next + trunk, node.span, page)
  })
  return [line(node, first, above, page), ...below]
}

function line(node: TreeNode, branch: string, above: ReceivedSpan | undefined, page: Page): string {
  const { span } = node
  const { style, columns } = page
  // A refusal is no failure, nor is a client that left, though the try then ends as `aborted`.
  const red = span.status === 'error' ? 'red' : undefined
  const service = span.service === above?.service ? '' : `  ${span.service.replace(/^lectern-/, '')}`
  // The bar of the request itself would be full: its place is better used for what is known of it.
  const bar = span === page.root ? '' : ` ${barOf(span, page.root).padEnd(BAR_COLUMNS)}`
  const duration = milliseconds(span.endUs - span.startUs).padStart(DURATION_COLUMNS)
  const pieces: Piece[] = [
    { text: branch, format: 'dim' },
    { text: node.by === 'link' ? '⇠ linked: ' : '', format: 'dim' },
    { text: span.name, format: red ?? (above ? undefined : 'bold') },
    { text: service, format: 'cyan' },
  ]
  const textColumns = columns - bar.length - duration.length
  const left = textColumns - pieces.reduce((sum, { text }) => sum + text.length, 0)
  const facts = [...(node.parentMissing ? ['parent unknown'] : []), ...factsOf(span)]
  const text = fit([...pieces, { text: asManyAs(left, facts), format: red }], textColumns, style)
  return text + style('dim', bar) + style(red ?? 'bold', duration)
}

/** As many of the facts as there are columns for, whole ones only. */
function asManyAs(columns: number, facts: readonly string[]): string {
  if (facts.length === 0) return ''
  const text = `  ${facts.join(', ')}`
  return text.length <= columns ? text : asManyAs(columns, facts.slice(0, -1))
}

/** The pieces side by side, cut or filled up to a width. */
function fit(pieces: readonly Piece[], columns: number, style: Page['style']): string {
  let left = columns
  let line = ''
  for (const { text, format } of pieces) {
    const clean = printable(text)
    const shown = clean.length > left ? `${clean.slice(0, Math.max(left - 1, 0))}…`.slice(0, left) : clean
    left -= shown.length
    line += format && shown ? style(format, shown) : shown
  }
  return line + ' '.repeat(left)
}

/** When a span ran: a bar within the time of the request, or how much later it began. */
function barOf(span: ReceivedSpan, { startUs, endUs }: ReceivedSpan): string {
  if (span.startUs > endUs) {
    const laterMs = Math.round((span.startUs - endUs) / 1000)
    return laterMs < 10_000 ? `+${laterMs} ms later` : `+${Math.round(laterMs / 1000)} s later`
  }
  const scale = BAR_COLUMNS / Math.max(endUs - startUs, 1)
  const from = Math.min(Math.max(Math.floor((span.startUs - startUs) * scale), 0), BAR_COLUMNS - 1)
  const to = Math.min(Math.round((span.endUs - startUs) * scale), BAR_COLUMNS)
  return ' '.repeat(from) + '━'.repeat(Math.max(to - from, 1))
}

const milliseconds = (us: number) => `${(us / 1000).toFixed(1)} ms`

/** A model's name is what a student wrote: it must not move the cursor. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, '�')
