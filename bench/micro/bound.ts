import { boundOfPrompt, countable } from '../../services/gateway/src/bound.ts'
import type { ChatBody } from '../../services/gateway/src/chat.ts'
import { createTokenizer } from '../../services/gateway/src/tokenizer.ts'
import { rounded, timesPerSecond } from './fastest.ts'

/** What it costs to know how many tokens a prompt may be: by its bytes, as for nearly all, and by a tokenizer, as near a budget's end. */

const COSTS = { imageTokens: 5000, templateTokens: 100 }
const SYSTEM = 'Give hints, never whole solutions.'
const SENTENCE = 'Why does "fmap id" equal "id" for every functor, and where is that written? '
const SIZES = [1000, 100_000]
/** Counted one after the other, in a thread of its own. */
const COUNTS = 20

/** Answers a table in Markdown. */
export async function bound(_args: string[], say: (line: string) => void): Promise<string> {
  const tokenizer = createTokenizer()
  await using closing = new AsyncDisposableStack()
  closing.defer(() => tokenizer.close())
  const rows: string[] = []
  for (const size of SIZES) {
    const body = promptOf(size)
    const bytes = boundOfPrompt(body, SYSTEM, COSTS)
    const bounds = timesPerSecond(() => boundOfPrompt(body, SYSTEM, COSTS))
    const { texts, fixedTokens } = countable(body, SYSTEM, COSTS)
    const count = () => tokenizer.bound(texts, ['o200k'], 'bench')
    const tokens = await count()
    if (tokens === null) throw new Error('the tokenizer did not count')
    const began = performance.now()
    for (let at = 0; at < COUNTS; at++) await count()
    const counts = (1000 * COUNTS) / (performance.now() - began)
    const row = [
      `${rounded(size / 1000)} kB`,
      rounded(bounds),
      rounded(bytes),
      rounded(counts),
      rounded(fixedTokens + tokens),
    ]
    rows.push(`| ${row.join(' | ')} |`)
    say(`bound: ${row.join(', ')}`)
  }
  return [
    'By the bytes: in the thread that serves, one core. By the tokenizer (o200k): in a thread of its own, the question to it included.',
    '',
    '| prompt | bounds/s by bytes | tokens held | counts/s by the tokenizer | tokens held |',
    '|---|---:|---:|---:|---:|',
    ...rows,
    '',
  ].join('\n')
}

function promptOf(size: number): ChatBody {
  const content = SENTENCE.repeat(Math.ceil(size / SENTENCE.length)).slice(0, size)
  return { model: 'bench', messages: [{ role: 'user', content }] }
}
