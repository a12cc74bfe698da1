import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'vite'
import { writeTypes } from './types.ts'

/** Builds the pages into `services/console/generated/pages`: the client's types, the bundle, and its compressed copies. */

const here = import.meta.dirname
await writeTypes(join(here, 'generated', 'api.ts'))
await build({ configFile: join(here, 'vite.config.ts'), logLevel: 'warn' })

const pages = join(here, '..', 'generated', 'pages')
for (const entry of readdirSync(pages, { recursive: true, withFileTypes: true })) {
  // The page itself is written anew for each answer.
  if (!/\.(js|css|svg)$/.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const content = readFileSync(path)
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
  writeFileSync(`${path}.br`, brotliCompressSync(content))
}
