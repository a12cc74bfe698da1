import { Group, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask } from '../../api/client.ts'
import { type Me, studentApi } from '../../api/student.ts'
import { useFormat } from '../../app/format.ts'
import { queryClient } from '../../app/query.ts'
import { ownTimezone } from '../../app/timezones.ts'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { showProblem } from '../../parts/notices.ts'
import { useFreshKey } from './fresh-key.ts'
import { meQuery, settingsQuery } from './queries.ts'
import { Section } from './section.tsx'

/** Which key it is, and another one in its place. */
export function KeyCard({ me: { key } }: { me: NonNullable<Me> }) {
  const { t } = useTranslation()
  const format = useFormat()
  const fresh = useFreshKey()
  const replace = useMutation({
    mutationFn: () => ask(studentApi.POST('/api/me/key')),
    onSuccess: made => {
      fresh.show(made.key)
      void queryClient.invalidateQueries({ queryKey: meQuery.queryKey })
      void queryClient.invalidateQueries({ queryKey: settingsQuery.queryKey })
    },
    onError: showProblem,
  })
  const since = format.date(key.createdAt, ownTimezone())
  return (
    <Section title={t('me:key.title')} about={t('me:key.about')}>
      <Group justify="space-between">
        <Text size="sm">
          <span className="code">{key.hint}</span> · {t('me:key.since', { since })}
        </Text>
        <ConfirmButton
          variant="default"
          loading={replace.isPending}
          question={t('me:key.question')}
          about={t('me:key.consequence')}
          action={t('me:key.replace')}
          onConfirm={() => replace.mutate()}
        >
          {t('me:key.replace')}
        </ConfirmButton>
      </Group>
    </Section>
  )
}
