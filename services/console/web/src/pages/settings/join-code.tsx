import { Button, Code, CopyButton, Group, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Course } from '../../api/types.ts'
import { courseQuery, useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { showProblem } from '../../parts/notices.ts'

/** The code by which students come in; it takes effect at once, without Save. */
export function JoinCode() {
  const { t } = useTranslation()
  const { id: course, joinCode = null } = useCourse()
  const { change } = useRights(course)
  const queries = useQueryClient()
  const params = { path: { course } }
  const after = {
    onSuccess: (saved: Course) => queries.setQueryData(courseQuery(course).queryKey, saved),
    onError: showProblem,
  }
  const make = useMutation({
    mutationFn: () => ask(api.POST('/api/courses/{course}/join-code', { params })),
    ...after,
  })
  const end = useMutation({
    mutationFn: () => ask(api.DELETE('/api/courses/{course}/join-code', { params })),
    ...after,
  })
  if (joinCode === null) {
    return (
      <Group>
        <Text>{t('settings:joining.none')}</Text>
        {change && (
          <Button variant="default" size="xs" onClick={() => make.mutate()} loading={make.isPending}>
            {t('settings:joining.make')}
          </Button>
        )}
      </Group>
    )
  }
  return (
    <Group gap="xs">
      <Text>{t('settings:joining.code')}</Text>
      <Code fz="md">{joinCode}</Code>
      <CopyButton value={joinCode}>
        {({ copied, copy }) => (
          <Button variant="default" size="xs" onClick={copy}>
            {copied ? t('app:copied') : t('app:copy')}
          </Button>
        )}
      </CopyButton>
      {change && (
        <>
          <ConfirmButton
            size="xs"
            variant="default"
            question={t('settings:joining.newQuestion')}
            about={t('settings:joining.newAbout')}
            action={t('settings:joining.new')}
            onConfirm={() => make.mutate()}
          >
            {t('settings:joining.new')}
          </ConfirmButton>
          <ConfirmButton
            size="xs"
            variant="subtle"
            color="red"
            question={t('settings:joining.endQuestion')}
            about={t('settings:joining.newAbout')}
            action={t('settings:joining.end')}
            onConfirm={() => end.mutate()}
          >
            {t('settings:joining.end')}
          </ConfirmButton>
        </>
      )}
    </Group>
  )
}
