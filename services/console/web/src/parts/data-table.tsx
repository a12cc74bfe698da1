import { Checkbox, Table } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

export interface Column<Row> {
  title: string
  cell: (row: Row) => ReactNode
  /** A number: at the right, its digits under each other. */
  numeric?: boolean
  /** Left out on a phone: what the row can be understood without. */
  wide?: boolean
}

/** Rows that can be chosen: by their ids. */
export interface Choice {
  chosen: ReadonlySet<string>
  choose: (chosen: Set<string>) => void
}

interface DataTableProps<Row> {
  /** Names the table for those who do not see it. */
  label: string
  columns: Column<Row>[]
  rows: Row[]
  idOf: (row: Row) => string
  /** What a row is called, for its checkbox. */
  nameOf?: (row: Row) => string
  choice?: Choice | undefined
}

/** A list as a table. Sorting and paging are the server's; rows may be chosen, one by one or all that are shown. */
export function DataTable<Row>({ label, columns, rows, idOf, nameOf = idOf, choice }: DataTableProps<Row>) {
  return (
    <Table verticalSpacing="sm" highlightOnHover aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          {choice && (
            <Table.Th w={40}>
              <ChooseAll ids={rows.map(idOf)} choice={choice} />
            </Table.Th>
          )}
          {columns.map(column => (
            <Table.Th key={column.title} {...looks(column)} scope="col">
              {column.title}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(row => (
          <Table.Tr key={idOf(row)}>
            {choice && (
              <Table.Td>
                <ChooseOne id={idOf(row)} name={nameOf(row)} choice={choice} />
              </Table.Td>
            )}
            {columns.map(column => (
              <Table.Td key={column.title} {...looks(column)}>
                {column.cell(row)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function looks({ numeric, wide }: Pick<Column<never>, 'numeric' | 'wide'>) {
  return { ...(numeric && { className: 'numeric' }), ...(wide && { visibleFrom: 'sm' }) }
}

function ChooseAll({ ids, choice: { chosen, choose } }: { ids: string[]; choice: Choice }) {
  const { t } = useTranslation()
  const count = ids.filter(id => chosen.has(id)).length
  const all = ids.length > 0 && count === ids.length
  return (
    <Checkbox
      aria-label={t('app:chooseAll')}
      checked={all}
      indeterminate={count > 0 && !all}
      onChange={() => choose(new Set(all ? [] : ids))}
    />
  )
}

function ChooseOne({ id, name, choice: { chosen, choose } }: { id: string; name: string; choice: Choice }) {
  const { t } = useTranslation()
  const toggle = () => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    choose(next)
  }
  return <Checkbox aria-label={t('app:choose', { name })} checked={chosen.has(id)} onChange={toggle} />
}
