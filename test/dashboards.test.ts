import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import { Outcome } from '@lectern/shared/contracts/records.ts'
import { CATALOGUE } from '@lectern/shared/errors.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import t from 'tap'
import { dashboardFiles, FOLDER } from '../infra/observability/dashboards.ts'
import {
  ALERT_TESTS,
  ALERTS,
  calledIn,
  dashboardQueries,
  definitionOf,
  rules,
  samplingConditions,
  selectedIn,
} from './queries.ts'

/** Dashboards, alerts and the runbook fit each other and the table of metrics. */

const root = join(import.meta.dirname, '..')
const runbook = await readFile(join(root, 'docs', 'runbook.md'), 'utf8')
const alerts = rules().filter(rule => rule.alert !== undefined)
const recorded = rules().flatMap(rule => rule.record ?? [])
const queries = [
  ...dashboardQueries(),
  ...rules().map(({ alert, record, expr }) => ({ by: alert ?? record ?? '', expr })),
]

t.test('the dashboards that are checked in are those that their descriptions make', async t => {
  const files = dashboardFiles()
  t.ok(files.size >= 5)
  for (const [name, content] of files) {
    t.equal(
      await readFile(join(FOLDER, name), 'utf8'),
      content,
      `${name}: node infra/observability/dashboards.ts`,
    )
  }
})

t.test('no panel lies over another', async t => {
  for (const [name, content] of dashboardFiles()) {
    const taken = new Map<string, string>()
    for (const { title, gridPos } of JSON.parse(content).panels) {
      t.ok(gridPos.x + gridPos.w <= 24, `${name}: ${title} fits`)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const there = taken.get(`${x} ${y}`)
          if (there !== undefined) t.fail(`${name}: ${title} lies over ${there}`)
          taken.set(`${x} ${y}`, title)
        }
      }
    }
  }
})

t.test('P11: each alert has its section in the runbook, and each section its alert', async t => {
  const [, described = ''] = runbook.split('\n## Alerts\n')
  const sections = new Map(
    described.split('\n### ').flatMap(section => {
      const [title = '', ...text] = section.split('\n')
      return title.trim() ? [[title, text.join('\n')] as const] : []
    }),
  )
  t.ok(alerts.length > 0)
  t.same([...sections.keys()].sort(), alerts.map(({ alert }) => alert).sort())
  for (const { alert = '', labels, annotations } of alerts) {
    t.match(labels?.severity, /^(page|ticket)$/, `${alert}: severity`)
    t.ok(annotations?.summary, `${alert}: summary`)
    t.equal(annotations?.runbook_url, `docs/runbook.md#${alert.toLowerCase()}`)
    for (const part of [/\*\*Students:\*\*/, /\*\*Look/, /\bdo:\*\*/i, /\*\*Don't\*\*/]) {
      t.match(sections.get(alert), part, `${alert}: ${part}`)
    }
  }
})

t.test('every link within the runbook leads somewhere', async t => {
  const anchors = [...runbook.matchAll(/^##+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
  for (const [, anchor = ''] of runbook.matchAll(/\]\(#([^)]+)\)/g))
    t.ok(anchors.includes(anchor), `#${anchor}`)
})

t.test('queries read metrics of the table, by labels that these have', async t => {
  // What Prometheus adds to each scrape, and a histogram to its buckets.
  const given = ['service', 'instance', 'le']
  for (const { by, expr } of queries) {
    const selected = selectedIn(expr)
    t.ok(selected.length > 0, `${by} reads something`)
    for (const { name, labels } of selected) {
      if (name === 'up' || recorded.includes(name) || /^(nodejs|v8js)_/.test(name)) continue
      const definition = definitionOf(name)
      t.ok(definition, `${by}: ${name}`)
      const known: readonly string[] = [...given, ...(definition?.labels ?? [])]
      t.same(
        labels.filter(label => !known.includes(label)),
        [],
        `${by}: labels of ${name}`,
      )
    }
  }
})

t.test('every metric of the table is shown somewhere', async t => {
  const read = new Set(
    queries.flatMap(({ expr }) => selectedIn(expr).map(({ name }) => definitionOf(name)?.name)),
  )
  t.same(
    Object.values(METRIC).flatMap(({ name }) => (read.has(name) ? [] : [name])),
    [],
  )
})

t.test('queries are PromQL', async t => {
  const functions = new Set(
    'sum min max count avg rate increase deriv histogram_quantile absent vector scalar'.split(' '),
  )
  for (const { by, expr } of queries) {
    t.same(
      calledIn(expr).filter(name => !functions.has(name)),
      [],
      `${by}: functions`,
    )
    t.ok(isBalanced(expr), `${by}: brackets`)
    t.notMatch(expr, /\$/, `${by}: variables`)
  }
})

function isBalanced(expr: string): boolean {
  const open: string[] = []
  const closes: Record<string, string> = { ')': '(', ']': '[', '}': '{' }
  for (const [sign] of expr.replace(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[()[\]{}]/g)) {
    if (!(sign in closes)) open.push(sign)
    else if (open.pop() !== closes[sign]) return false
  }
  return open.length === 0
}

t.test('the collector chooses traces by attributes and outcomes that there are', async t => {
  const outcomes = [...Object.keys(CATALOGUE), ...(Outcome as unknown as { enum: string[] }).enum]
  const attributes: readonly string[] = Object.values(ATTRIBUTE)
  const chosen = samplingConditions()
  t.ok(chosen.length >= 3)
  for (const { key, values } of chosen) {
    t.ok(attributes.includes(key), key)
    t.same(
      values.filter(value => !outcomes.includes(value)),
      [],
      `values of ${key}`,
    )
  }
})

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
if (hasPromtool) {
  t.test('promtool: rules fire when they should, and every query of a dashboard is valid', async t => {
    t.match(execFileSync('promtool', ['check', 'rules', ALERTS], { encoding: 'utf8' }), /SUCCESS/)
    t.match(execFileSync('promtool', ['test', 'rules', ALERT_TESTS], { encoding: 'utf8' }), /SUCCESS/)
    const folder = await mkdtemp(join(tmpdir(), 'lectern-promtool-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const asRules = dashboardQueries().map(({ expr }, index) => ({ record: `query:${index}`, expr }))
    const file = join(folder, 'dashboards.yml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboards', rules: asRules }] }))
    t.match(execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8' }), /SUCCESS/)
  })
}
