import { existsSync, readdirSync } from 'node:fs'
import { listOf } from '../options.ts'
import type { Benchmark } from '../registry.ts'

const FOLDER = new URL('../micro/', import.meta.url)

/**
 * Parts of Lectern by themselves: every file of `micro/` that exports a benchmark under its own name. `--only=relay,bound`.
 */
export const micro: Benchmark = async (args, say) => {
  const only = listOf(args, 'only')
  const sections: string[] = []
  const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter(file => file.endsWith('.ts')) : []
  for (const file of files.sort()) {
    const name = file.slice(0, -'.ts'.length)
    if (only && !only.includes(name)) continue
    const { [name]: run } = (await import(new URL(file, FOLDER).href)) as Record<
      string,
      Benchmark | undefined
    >
    if (!run) continue
    say(`micro: ${name}`)
    sections.push(`### ${name}\n\n${(await run(args, say)).trim()}`)
  }
  return `${sections.join('\n\n')}\n`
}
