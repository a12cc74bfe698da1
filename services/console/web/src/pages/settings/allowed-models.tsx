import { Alert, Stack, TagsInput, type TagsInputProps, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../app/format.ts'
import { useOfferedModels } from '../../parts/course-models.ts'

/** The models of a course: those that are offered are at hand, and others can be named. Says which of them nobody offers. */
export function AllowedModels({ value, ...field }: TagsInputProps & { value: string[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const offered = useOfferedModels()
  const missing = offered ? value.filter(name => !offered.includes(name)) : []
  return (
    <Stack gap="xs">
      <TagsInput
        label={t('settings:models.allowed')}
        description={t('settings:models.allowedAbout')}
        placeholder={value.length ? '' : t('settings:models.all')}
        data={offered ?? []}
        value={value}
        {...field}
      />
      {missing.length > 0 && (
        <Alert color="yellow" variant="light">
          {t('settings:models.missing', { count: missing.length, models: format.list(missing) })}
        </Alert>
      )}
      {offered === null && (
        <Text size="sm" c="dimmed">
          {t('settings:models.notKnown')}
        </Text>
      )}
    </Stack>
  )
}
