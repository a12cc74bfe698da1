import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

t.setTimeout(120_000)
const main = fileURLToPath(new URL('../main.ts', import.meta.url))

t.test('the comparison runs, and its tables have figures', async t => {
  const args = ['compare', '--small', '--quick', '--turns=1', '--with=bare', '--only=short,paced']
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args])
  const rows = stdout.split('\n').filter(line => line.startsWith('| '))
  const cellsOf = (name: string) =>
    rows.filter(row => row.startsWith(`| ${name} |`)).map(row => row.split('|').map(cell => cell.trim()))
  for (const name of ['direct', 'bare node:http', 'Lectern']) {
    const found = cellsOf(name)
    t.equal(found.length, 2, `${name} has a row for each of two scenarios`)
    for (const cells of found) {
      t.match(cells[3], /^\+?-?[\d.]+ \/ \+?-?[\d.]+ \/ \+?-?[\d.]+ ms$/, `${name}: times of the first token`)
      t.equal(cells[9], 'none', `${name}: no errors`)
    }
  }
  t.match(cellsOf('Lectern')[0]?.[5], /^\d+\.\d{3} ms$/, 'processor time of all processes')
  t.match(stdout, /^\| short \| \d+\.\d{3} \| \d+\.\d{3} \|/m, 'processor time by process')
  t.match(
    stdout,
    /\| CPU of the gateway alone, paced, to bare node:http \| [\d.]+ \| 1.1 \| (\*\*not )?reached/,
  )
  t.match(stdout, /\| CPU of the gateway alone, short, to Portkey \| {2}\| 0.4 \| not measured \|/)
})
