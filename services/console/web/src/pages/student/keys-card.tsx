import { Badge, Button, Code, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Student } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useRights } from '../../app/session.ts'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { SecretOnce } from '../../parts/secret-once.tsx'
import { useKeyChanges } from './key-changes.ts'

/** A student's keys by their first characters: replaced, ended, or one more. */
export function KeysCard({ student }: { student: Student }) {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const { change } = useRights(course)
  const [made, setMade] = useState<string | null>(null)
  const keys = useKeyChanges(student.id, setMade)
  const may = change && student.active
  return (
    <Paper withBorder p="lg" component="section">
      <Group justify="space-between" mb="sm">
        <Title order={2}>{t('student:keys.title')}</Title>
        {may && (
          <Button variant="default" size="xs" onClick={() => keys.create()} loading={keys.busy}>
            {t('student:keys.create')}
          </Button>
        )}
      </Group>
      {student.keys.length === 0 && <Text c="dimmed">{t('student:keys.none')}</Text>}
      <Stack gap="sm">
        {student.keys.map(key => (
          <KeyRow
            key={key.id}
            shown={key}
            may={may}
            rotate={() => keys.rotate(key.id)}
            revoke={() => keys.revoke(key.id)}
          />
        ))}
      </Stack>
      {made && <SecretOnce kind="key" name={student.name} value={made} close={() => setMade(null)} />}
    </Paper>
  )
}

interface KeyRowProps {
  shown: Student['keys'][number]
  may: boolean
  rotate: () => unknown
  revoke: () => unknown
}

function KeyRow({ shown: { hint, createdAt, revokedAt }, may, rotate, revoke }: KeyRowProps) {
  const { t } = useTranslation()
  const { timezone } = useCourse()
  const format = useFormat()
  return (
    <Group justify="space-between" gap="xs">
      <Stack gap={0}>
        <Group gap="xs">
          <Code>{hint}…</Code>
          {revokedAt && (
            <Badge color="gray" variant="light">
              {t('student:keys.ended')}
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {revokedAt
            ? t('student:keys.endedAt', { date: format.date(revokedAt, timezone) })
            : t('student:keys.since', { date: format.date(createdAt, timezone) })}
        </Text>
      </Stack>
      {may && !revokedAt && (
        <Group gap="xs">
          <ConfirmButton
            size="xs"
            variant="default"
            question={t('student:keys.rotateQuestion')}
            about={t('student:keys.rotateAbout')}
            action={t('student:keys.rotate')}
            onConfirm={rotate}
          >
            {t('student:keys.rotate')}
          </ConfirmButton>
          <ConfirmButton
            size="xs"
            variant="subtle"
            color="red"
            question={t('student:keys.revokeQuestion')}
            about={t('student:keys.revokeAbout')}
            action={t('student:keys.revoke')}
            onConfirm={revoke}
          >
            {t('student:keys.revoke')}
          </ConfirmButton>
        </Group>
      )}
    </Group>
  )
}
