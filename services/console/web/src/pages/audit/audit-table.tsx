import { Badge, Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { AuditEntry } from '../../api/types.ts'
import { useFormat } from '../../app/format.ts'
import { AddressText } from '../../parts/address-text.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'

/** Who did what, when, to whom. */
export function AuditTable({ entries, timezone }: { entries: AuditEntry[]; timezone: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const columns: Column<AuditEntry>[] = [
    { title: t('audit:column.when'), cell: ({ at }) => format.time(at, timezone), wide: true },
    {
      title: t('audit:column.who'),
      cell: ({ actor, address, at }) => (
        <>
          <Text size="sm">{actor === 'token' ? t('audit:token') : <AddressText text={actor} />}</Text>
          <Text size="xs" c="dimmed">
            {address}
          </Text>
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            {format.time(at, timezone)}
          </Text>
        </>
      ),
    },
    { title: t('audit:column.what'), cell: entry => <What entry={entry} /> },
  ]
  return <DataTable label={t('audit:title')} columns={columns} rows={entries} idOf={({ id }) => id} />
}

function What({ entry: { action, outcome, subject, courseId } }: { entry: AuditEntry }) {
  const { t, i18n } = useTranslation()
  // A newer server may know of actions that these pages do not: then its own name says more than nothing.
  const key = `audit:action.${action.replace('.', '-')}`
  return (
    <>
      <Group gap="xs">
        <Text size="sm">{i18n.exists(key) ? t(key) : action}</Text>
        {outcome === 'failed' && (
          <Badge color="red" variant="light">
            {t('audit:failed')}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {[courseId, subject].filter((part, index, all) => part && all.indexOf(part) === index).join(' · ')}
      </Text>
    </>
  )
}
