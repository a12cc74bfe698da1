import { Button, Group, Modal, Radio, Stack, Switch, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { exportAddress } from './export-address.ts'
import { type Filter, setOf } from './filter.ts'
import { useFilterTexts } from './filter-texts.ts'

interface ExportDialogProps {
  filter: Filter
  opened: boolean
  close: () => void
}

/** The shown conversations as a file, without names unless they are asked for. */
export function ExportDialog({ filter, opened, close }: ExportDialogProps) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={close} title={t('conversations:export.title')}>
      <ExportForm filter={filter} close={close} />
    </Modal>
  )
}

function ExportForm({ filter, close }: Omit<ExportDialogProps, 'opened'>) {
  const { t } = useTranslation()
  const course = useCourse()
  const textOf = useFilterTexts(filter)
  const [format, setFormat] = useState<'csv' | 'jsonl'>('csv')
  const [pseudonymise, setPseudonymise] = useState(true)
  const names = [...(filter.q ? [`“${filter.q}”`] : []), ...setOf(filter).map(textOf)]
  return (
    <Stack>
      <Text size="sm">
        {names.length > 0
          ? t('conversations:export.some', { filters: names.join(', ') })
          : t('conversations:export.all')}
      </Text>
      <Radio.Group
        label={t('conversations:export.format')}
        value={format}
        onChange={value => setFormat(value as 'csv' | 'jsonl')}
      >
        <Stack gap="xs" mt="xs">
          {(['csv', 'jsonl'] as const).map(value => (
            <Radio
              key={value}
              value={value}
              label={t(`conversations:export.${value}`)}
              description={t(`conversations:export.${value}About`)}
            />
          ))}
        </Stack>
      </Radio.Group>
      <Switch
        label={t('conversations:export.pseudonymise')}
        description={t('conversations:export.pseudonymiseAbout')}
        checked={pseudonymise}
        onChange={event => setPseudonymise(event.currentTarget.checked)}
      />
      <Group justify="flex-end">
        <Button variant="subtle" onClick={close}>
          {t('app:cancel')}
        </Button>
        {/* The browser saves it as it comes: it may be far larger than a page can hold. */}
        <Button
          component="a"
          href={exportAddress(course, filter, { format, pseudonymise })}
          download
          onClick={close}
        >
          {t('conversations:export.submit')}
        </Button>
      </Group>
    </Stack>
  )
}
