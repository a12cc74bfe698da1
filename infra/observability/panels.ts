import type { Query } from './promql.ts'

/** A dashboard in few words, and the JSON that Grafana makes of it. */

export interface Panel {
  title: string
  /** What to see in it, and when to worry. */
  help?: string
  /** A line over time, or the number of now. */
  kind?: 'timeseries' | 'stat'
  /** Grafana's name of it: `s`, `bytes`, `reqps`, `percentunit`, `short`, `suffix:tokens/s`. */
  unit: string
  /** Of 24 columns. */
  width?: number
  queries: Query[]
  /** The number turns yellow, then red, from these values on; downwards where the first is the larger one. */
  limits?: [warn: number, alarm: number]
  stacked?: boolean
}

export interface Dashboard {
  /** Its file and its address: `/d/<uid>`. */
  uid: string
  title: string
  description: string
  /** Choices at the top: the values of a label of a series. */
  choices: { label: string; of: string }[]
  rows: { title: string; panels: Panel[] }[]
}

const DATASOURCE = { type: 'prometheus', uid: 'prometheus' }
const COLUMNS = 24
const HEIGHT = { timeseries: 8, stat: 4 }
const WIDTH = { timeseries: 8, stat: 4 }

/** Places the panels from left to right, and a title above each row. */
export function toGrafana({ uid, title, description, choices, rows }: Dashboard): object {
  const panels: object[] = []
  let y = 0
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      collapsed: false,
      panels: [],
    })
    y += 1
    let x = 0
    let tallest = 0
    for (const panel of row.panels) {
      const kind = panel.kind ?? 'timeseries'
      const w = panel.width ?? WIDTH[kind]
      if (x + w > COLUMNS) {
        y += tallest
        x = 0
        tallest = 0
      }
      panels.push({ id: panels.length + 1, ...toPanel(panel), gridPos: { x, y, w, h: HEIGHT[kind] } })
      tallest = Math.max(tallest, HEIGHT[kind])
      x += w
    }
    y += tallest
  }
  return {
    uid,
    title,
    description,
    tags: ['lectern'],
    schemaVersion: 39,
    editable: false,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    graphTooltip: 1,
    links: [
      {
        type: 'dashboards',
        title: 'Lectern',
        tags: ['lectern'],
        asDropdown: true,
        keepTime: true,
        icon: 'external link',
      },
    ],
    templating: { list: choices.map(toVariable) },
    annotations: { list: [] },
    panels,
  }
}

function toVariable({ label, of }: Dashboard['choices'][number]): object {
  const query = `label_values(${of}, ${label})`
  return {
    type: 'query',
    name: label,
    label,
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: label },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  }
}

function toPanel({ title, help, kind = 'timeseries', unit, queries, limits, stacked }: Panel): object {
  return {
    type: kind,
    title,
    ...(help ? { description: help } : {}),
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      editorMode: 'code',
      expr,
      legendFormat: legend || title,
      ...(kind === 'stat' ? { instant: true, range: false } : { range: true }),
    })),
    fieldConfig: {
      defaults: { unit, min: 0, thresholds: toThresholds(limits), ...lines(kind, stacked) },
      overrides: [],
    },
    options:
      kind === 'stat'
        ? STAT
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
  }
}

const STAT = {
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  colorMode: 'value',
  graphMode: 'none',
}

function lines(kind: Panel['kind'], stacked = false): object {
  if (kind === 'stat') return {}
  const stacking = { mode: stacked ? 'normal' : 'none' }
  return { custom: { fillOpacity: stacked ? 30 : 5, showPoints: 'auto', spanNulls: false, stacking } }
}

function toThresholds(limits: Panel['limits']): object {
  if (!limits) return { mode: 'absolute', steps: [{ color: 'text', value: null }] }
  const [warn, alarm] = limits
  const steps =
    warn < alarm
      ? [
          { color: 'green', value: null },
          { color: 'yellow', value: warn },
          { color: 'red', value: alarm },
        ]
      : [
          { color: 'red', value: null },
          { color: 'yellow', value: alarm },
          { color: 'green', value: warn },
        ]
  return { mode: 'absolute', steps }
}
