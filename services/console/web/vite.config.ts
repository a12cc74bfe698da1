import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type ProxyOptions } from 'vite'

/** What the console replaces in each answer; see `plugins/pages.ts`. */
const NONCE = '__NONCE__'

/** Where `npm start` in this folder's project keeps the running console's address. */
const home = process.env.LECTERN_HOME ?? join(import.meta.dirname, '..', '..', '..', '.lectern')

/** The running console behind Vite's own server, for who writes pages. */
function consoleProxy(): Record<string, ProxyOptions> {
  const { consoleUrl } = JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8')) as { consoleUrl: string }
  return Object.fromEntries(['/api', '/auth', '/openapi.json'].map(path => [path, { target: consoleUrl }]))
}

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  plugins: [react()],
  html: { cspNonce: NONCE },
  // Inside a folder that git, Docker and the style check leave alone.
  build: {
    outDir: '../generated/pages',
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0,
    // What replaces `light-dark()` for older browsers does not see which theme Mantine has chosen.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  },
  server: command === 'serve' ? { host: '127.0.0.1', proxy: consoleProxy() } : {},
}))
