import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { METRIC } from '@lectern/shared/metric-table.ts'
import type { MetricDefinition } from '@lectern/shared/metrics.ts'
import { parse } from 'yaml'

/** What dashboards and alerts ask Prometheus, and the collector spans, read from the files that these read. */

const OBSERVABILITY = join(import.meta.dirname, '..', 'infra', 'observability')
export const ALERTS = join(OBSERVABILITY, 'alerts.yml')
export const ALERT_TESTS = join(OBSERVABILITY, 'alerts.test.yml')

export interface Rule {
  alert?: string
  record?: string
  expr: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

export interface AskedQuery {
  /** The dashboard and its panel, or the rule. */
  by: string
  expr: string
}

/** A metric as a query selects it, with the labels that it looks at. */
export interface Selected {
  name: string
  labels: string[]
}

export function rules(): Rule[] {
  const { groups } = parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap(group => group.rules)
}

interface GrafanaDashboard {
  title: string
  panels: { title: string; targets?: { expr: string }[] }[]
  templating: { list: { name: string; definition: string }[] }
}

/** All queries of the dashboards; Grafana's own variables are filled in as Grafana would. */
export function dashboardQueries(): AskedQuery[] {
  const folder = join(OBSERVABILITY, 'grafana', 'dashboards')
  return readdirSync(folder).flatMap(file => {
    const { title, panels, templating }: GrafanaDashboard = JSON.parse(
      readFileSync(join(folder, file), 'utf8'),
    )
    const asked = panels.flatMap(panel =>
      (panel.targets ?? []).map(({ expr }) => ({ by: `${title} / ${panel.title}`, expr })),
    )
    const choices = templating.list.map(({ name, definition }) => ({
      by: `${title} / choice of ${name}`,
      expr: /^label_values\((.+), \w+\)$/.exec(definition)?.[1] ?? `not label_values: ${definition}`,
    }))
    const names = templating.list.map(({ name }) => name)
    return [...asked, ...choices].map(({ by, expr }) => ({ by, expr: filledIn(expr, names) }))
  })
}

function filledIn(expr: string, choices: string[]): string {
  const known = expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '3h')
  return choices.reduce((text, name) => text.replaceAll(`"$${name}"`, '".*"'), known)
}

// Words of PromQL that stand where a metric could.
const WORDS = /^(and|or|unless|by|without|on|ignoring|group_left|group_right|bool|offset|inf|nan)$/i

/** The metrics that a query reads. */
export function selectedIn(expr: string): Selected[] {
  const texts: string[] = []
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, text => `"${texts.push(text) - 1}"`)
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
  return [...bare.matchAll(/([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?/g)].flatMap(([, name = '', after = '']) =>
    after === '(' || WORDS.test(name)
      ? []
      : [{ name, labels: [...after.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label) }],
  )
}

/** The functions and aggregations that a query calls. */
export function calledIn(expr: string): string[] {
  const bare = expr.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\{[^}]*\}/g, '')
  const names = [...bare.matchAll(/([a-zA-Z_]\w*)\s*\(/g)].map(([, name = '']) => name)
  return names.filter(name => !WORDS.test(name))
}

const DEFINITIONS: readonly MetricDefinition[] = Object.values(METRIC)

/** The metric of the table that a series belongs to: a histogram has three of them. */
export function definitionOf(series: string): MetricDefinition | undefined {
  return DEFINITIONS.find(({ name, buckets }) =>
    buckets ? [`${name}_bucket`, `${name}_sum`, `${name}_count`].includes(series) : name === series,
  )
}

interface Policy {
  string_attribute?: { key: string; values: string[] }
  ottl_condition?: { span: string[] }
  and?: { and_sub_policy: Policy[] }
}

/** The attributes by which the collector chooses what it keeps, with the values that it looks for. */
export function samplingConditions(): { key: string; values: string[] }[] {
  const { processors } = parse(readFileSync(join(OBSERVABILITY, 'otel-collector.yaml'), 'utf8')) as {
    processors: { tail_sampling: { policies: Policy[] } }
  }
  const conditions = (policies: Policy[]): { key: string; values: string[] }[] =>
    policies.flatMap(({ string_attribute: text, ottl_condition: condition, and }) => [
      ...(text ? [text] : []),
      ...(condition?.span ?? []).flatMap(span =>
        [...span.matchAll(/attributes\["([^"]+)"\]/g)].map(([, key = '']) => ({ key, values: [] })),
      ),
      ...conditions(and?.and_sub_policy ?? []),
    ])
  return conditions(processors.tail_sampling.policies)
}
