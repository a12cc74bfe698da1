import { relative } from 'node:path'
import { styleText } from 'node:util'
import type { Home } from './home.ts'
import type { Launched } from './launch.ts'
import type { Options } from './options.ts'

/** What a person needs to know of the running system, on one screen. */
export function banner({ demo, providers }: Launched, home: Home, { trace }: Options): string {
  const { gatewayUrl, consoleUrl, setupUrl, students } = demo
  const near = relative(process.cwd(), home.path)
  const folder = near.startsWith('..') ? home.path : near
  const bold = (text: string) => styleText('bold', text)
  const lines = [
    '',
    bold('Lectern is running.'),
    '',
    `  API       ${bold(`${gatewayUrl}/v1`)}   answered by: ${providers.names.join(', ')}`,
    `  Console   ${consoleUrl}   token: "adminToken" in ${folder}/demo.json`,
    ...(setupUrl ? ['', `  First sign-in  ${bold(setupUrl)}   once, within a day`, ''] : []),
    `  Logs      ${folder}/logs`,
    ...keyLines(students),
    ...tryLines(gatewayUrl, students[0]?.key, providers.models[0]),
    ...realProviderLines(providers.names),
    '',
    trace
      ? "  The tree of each request's spans is printed about two seconds after its end."
      : '  Where the time of a request goes: start with --trace.',
    '',
    '  Ctrl-C stops everything.',
  ]
  return lines.join('\n')
}

/** The keys of the demo course, if there is one. */
export function keyLines(students: Launched['demo']['students']): string[] {
  if (students.length === 0) return []
  return [
    '',
    '  Keys of the demo course',
    ...students.map(({ name, key }) => `    ${name.padEnd(14)}  ${key}`),
  ]
}

/** A first request, ready to be pasted. */
export function tryLines(url: string, key = '$LECTERN_KEY', model = 'MODEL'): string[] {
  const body = { model, stream: true, messages: [{ role: 'user', content: 'What is a closure?' }] }
  return [
    '',
    '  Try it',
    `    curl -N ${url}/v1/chat/completions -H 'Authorization: Bearer ${key}' \\`,
    `      -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`,
  ]
}

function realProviderLines(names: string[]): string[] {
  if (names.join() !== 'demo') return []
  return [
    '',
    '  A real model: start with OPENAI_API_KEY, ANTHROPIC_API_KEY, DEEPSEEK_API_KEY, DASHSCOPE_API_KEY or',
    '  OPENROUTER_API_KEY set, with Ollama running, or with LECTERN_PROVIDERS=<file>.',
  ]
}
