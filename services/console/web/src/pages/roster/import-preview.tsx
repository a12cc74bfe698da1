import { Alert, Button, Checkbox, Group, Stack, Table, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RosterImport } from '../../api/types.ts'
import { useFormat } from '../../app/format.ts'
import { PlannedLists } from './planned-lists.tsx'

interface ImportPreviewProps {
  preview: RosterImport
  replace: boolean
  setReplace: (replace: boolean) => void
  looking: boolean
  bringing: boolean
  bring: () => void
  back: () => void
}

/** What an import would do, before it does: nothing happens while one line is wrong. */
export function ImportPreview({
  preview,
  replace,
  setReplace,
  looking,
  bringing,
  bring,
  back,
}: ImportPreviewProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const { added, changed, dropped, errors, unchanged } = preview
  const changes = added.length + changed.length + dropped.length
  const wrong = errors.length > 0
  return (
    <Stack>
      {wrong && <Faults errors={errors} />}
      {!wrong && (
        <>
          <Text size="lg" role="status">
            {t('roster:import.summary', {
              added: added.length,
              changed: changed.length,
              dropped: dropped.length,
              unchanged,
            })}
          </Text>
          <Checkbox
            label={t('roster:import.replace')}
            description={t('roster:import.replaceAbout')}
            checked={replace}
            disabled={looking}
            onChange={event => setReplace(event.currentTarget.checked)}
          />
          <PlannedLists preview={preview} />
        </>
      )}
      <Group>
        {!wrong && (
          <Button onClick={bring} loading={bringing} disabled={changes === 0 || looking}>
            {changes === 0 ? t('roster:import.nothing') : t('roster:import.submit')}
          </Button>
        )}
        <Button variant="default" onClick={back} disabled={bringing}>
          {t('roster:import.another')}
        </Button>
      </Group>
      <Text c="dimmed" role="status">
        {bringing && t('roster:import.doing', { count: added.length, number: format.number(added.length) })}
      </Text>
    </Stack>
  )
}

function Faults({ errors }: { errors: RosterImport['errors'] }) {
  const { t } = useTranslation()
  return (
    <Stack gap="xs">
      <Alert
        color="red"
        variant="light"
        role="alert"
        title={t('roster:import.faults', { count: errors.length })}
      >
        {t('roster:import.faultsAbout')}
      </Alert>
      <Title order={2} size="h4">
        {t('roster:import.faultList')}
      </Title>
      <Table aria-label={t('roster:import.faultList')}>
        <Table.Tbody>
          {errors.map(({ line, message }) => (
            <Table.Tr key={message}>
              <Table.Td w={110}>{line === null ? '' : t('roster:import.line', { line })}</Table.Td>
              <Table.Td>{line === null ? message : message.replace(/^line \d+ /, '')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}
