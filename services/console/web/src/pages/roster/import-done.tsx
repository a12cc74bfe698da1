import { Alert, Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RosterImport } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { toCsv } from '../../app/csv.ts'
import { useFormat } from '../../app/format.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { download } from '../../parts/download.ts'
import { ButtonLink } from '../../parts/links.tsx'
import { Page } from '../../parts/page.tsx'
import { useUnsaved } from '../../parts/unsaved.tsx'
import { HandOut, type KeyedStudent } from './hand-out.tsx'

/** After an import: the new keys, to be saved or printed now, because they are never shown again. */
export function ImportDone({ done: { added, changed, dropped } }: { done: RosterImport }) {
  const { t } = useTranslation()
  const { id } = useCourse()
  const [saved, setSaved] = useState(false)
  const keyed = added.flatMap(({ id: student, name, email, key }): KeyedStudent[] =>
    student && key ? [{ id: student, name, email, key }] : [],
  )
  const unsaved = keyed.length > 0 && !saved
  const { question } = useUnsaved(unsaved, t('roster:keys.leave'))
  const save = () => {
    const rows = keyed.map(({ id: student, name, email, key }) => [student, name, email, key])
    download(`${id}-keys.csv`, toCsv(['id', 'name', 'email', 'key'], rows))
    setSaved(true)
  }
  const print = () => {
    window.print()
    setSaved(true)
  }
  const counts = { added: added.length, changed: changed.length, dropped: dropped.length }
  const back = (
    <ButtonLink to="/courses/$course/students" params={{ course: id }} variant="default">
      {t('roster:keys.back')}
    </ButtonLink>
  )
  return (
    <>
      <div className="no-print">
        <Page title={t('roster:keys.title')} about={t('roster:keys.about', counts)} actions={back}>
          {keyed.length > 0 && (
            <>
              <Alert color="yellow" variant="light" title={t('roster:keys.once')} className="no-print">
                {t('roster:keys.onceAbout')}
              </Alert>
              <Group className="no-print">
                <Button onClick={save}>{t('roster:keys.save')}</Button>
                <Button variant="default" onClick={print}>
                  {t('roster:keys.print')}
                </Button>
              </Group>
              <KeyTable students={keyed} />
            </>
          )}
        </Page>
      </div>
      <HandOut students={keyed} />
      {question}
    </>
  )
}

/** Thousands of rows would take the browser seconds, and nobody copies them by hand. */
const MOST_SHOWN = 100

function KeyTable({ students }: { students: KeyedStudent[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const hidden = Math.max(0, students.length - MOST_SHOWN)
  return (
    <div className="no-print">
      <DataTable
        label={t('roster:keys.title')}
        rows={students.slice(0, MOST_SHOWN)}
        idOf={({ id }) => id}
        columns={[
          { title: t('roster:column.name'), cell: ({ name }) => name },
          { title: t('roster:column.email'), cell: ({ email }) => email, wide: true },
          { title: t('roster:keys.key'), cell: ({ key }) => <span className="code">{key}</span> },
        ]}
      />
      {hidden > 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {t('roster:keys.more', { count: hidden, number: format.number(hidden) })}
        </Text>
      )}
    </div>
  )
}
