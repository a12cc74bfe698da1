import { Input, SegmentedControl, Stack, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'

interface PublishTimeProps {
  /** A time `YYYY-MM-DDTHH:MM` of the course's zone, empty while none is chosen; null: at once. */
  value: string | null
  onChange: (value: string | null) => void
  error: ReactNode
}

/** When a version comes into force. */
export function PublishTime({ value, onChange, error }: PublishTimeProps) {
  const { t } = useTranslation()
  const { timezone } = useCourse()
  return (
    <Input.Wrapper label={t('prompts:when.label')} labelElement="div">
      <Stack gap="xs">
        <SegmentedControl
          style={{ alignSelf: 'flex-start' }}
          aria-label={t('prompts:when.label')}
          data={[
            { value: 'now', label: t('prompts:when.now') },
            { value: 'later', label: t('prompts:when.later') },
          ]}
          value={value === null ? 'now' : 'later'}
          onChange={choice => onChange(choice === 'now' ? null : '')}
        />
        {value !== null && (
          <TextInput
            type="datetime-local"
            label={t('prompts:when.time')}
            description={t('prompts:when.zone', { timezone })}
            w={{ base: '100%', sm: 320 }}
            value={value}
            onChange={event => onChange(event.currentTarget.value)}
            error={error}
          />
        )}
      </Stack>
    </Input.Wrapper>
  )
}
