import { Stack, Text, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { LedgerEntry } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Shown } from '../../parts/states.tsx'
import { ledgerQuery } from './queries.ts'

/** What was given and what was used, entry by entry. */
export function Ledger({ student, week }: { student: string; week: number | null }) {
  const { t } = useTranslation()
  const query = useInfiniteQuery(ledgerQuery(student, week))
  return (
    <Stack component="section" gap="xs">
      <Title order={2}>{t('student:ledger.title')}</Title>
      <Shown query={query}>
        {({ pages }) => {
          const entries = pages.flatMap(({ items }) => items)
          if (entries.length === 0) return <Text c="dimmed">{t('student:ledger.none')}</Text>
          return (
            <>
              <Entries entries={entries} />
              <MoreButton query={query} />
            </>
          )
        }}
      </Shown>
    </Stack>
  )
}

function Entries({ entries }: { entries: LedgerEntry[] }) {
  const { t } = useTranslation()
  const { timezone } = useCourse()
  const format = useFormat()
  const columns: Column<LedgerEntry>[] = [
    {
      title: t('student:ledger.when', { timezone }),
      cell: ({ createdAt }) => format.time(createdAt, timezone),
      wide: true,
    },
    { title: t('student:ledger.what'), cell: entry => <What entry={entry} /> },
    { title: t('student:ledger.tokens'), cell: ({ tokens }) => format.change(tokens), numeric: true },
  ]
  return (
    <DataTable label={t('student:ledger.title')} columns={columns} rows={entries} idOf={({ id }) => id} />
  )
}

function What({
  entry: { kind, model, reason, inputTokens, outputTokens, createdAt },
}: {
  entry: LedgerEntry
}) {
  const { t } = useTranslation()
  const { timezone } = useCourse()
  const format = useFormat()
  const detail =
    kind === 'settle'
      ? t('student:ledger.read', {
          input: format.number(inputTokens ?? 0),
          output: format.number(outputTokens ?? 0),
        })
      : reason
  return (
    <>
      <Text size="sm">{t(`student:ledger.kind.${kind}`, { model: model ?? '' })}</Text>
      {detail && (
        <Text size="xs" c="dimmed">
          {detail}
        </Text>
      )}
      <Text size="xs" c="dimmed" hiddenFrom="sm">
        {format.time(createdAt, timezone)}
      </Text>
    </>
  )
}
