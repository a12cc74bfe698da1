import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('../RESULTS.md', import.meta.url)
const HEAD =
  '# Results\n\nMade by `npm run bench`; a run replaces its own section. Numbers of one machine on one day: compare ratios.\n'

/** Each benchmark has its section of RESULTS.md, which its own next run replaces. */
export function replaceSection(title: string, text: string): void {
  const old = (existsSync(FILE) ? readFileSync(FILE, 'utf8') : '')
    .split(/^(?=## )/m)
    .filter(part => part.startsWith('## ') && !part.startsWith(`## ${title}`))
  const sections = [HEAD, ...old, text].map(section => section.trim())
  writeFileSync(FILE, `${sections.join('\n\n')}\n`)
}
