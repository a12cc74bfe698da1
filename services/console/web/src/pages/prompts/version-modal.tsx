import { isWaiting, startOf } from '@lectern/shared/prompt-schedule.ts'
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptVersion } from '../../api/types.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useRights } from '../../app/session.ts'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { useFocusBack } from '../../parts/focus-back.ts'
import { ButtonLink } from '../../parts/links.tsx'
import { TextDiff } from '../../parts/text-diff.tsx'
import { useWeeksText } from '../../parts/week-range.tsx'
import { useVersionChanges } from './version-changes.ts'

interface VersionModalProps {
  version: PromptVersion
  versions: readonly PromptVersion[]
  close: () => void
}

/** One version: its text, or what differs from another one. */
export function VersionModal({ version, versions, close }: VersionModalProps) {
  const { t } = useTranslation()
  useFocusBack()
  const { id, timezone } = useCourse()
  const format = useFormat()
  const weeksText = useWeeksText()
  const { change } = useRights(id)
  const before = versions.find(({ version: number }) => number < version.version)
  const [against, setAgainst] = useState(before ? String(before.version) : null)
  const other = versions.find(({ version: number }) => String(number) === against)
  const others = versions.filter(({ version: number }) => number !== version.version)
  return (
    <Modal opened onClose={close} size="xl" title={t('prompts:version', { version: version.version })}>
      <Stack>
        <Text size="sm" c="dimmed">
          {weeksText(version)} ·{' '}
          {t('prompts:from', { time: format.time(startOf(version), timezone), timezone })}
        </Text>
        <Group justify="space-between" align="flex-end">
          {others.length > 0 && (
            <Select
              label={t('prompts:compare.label')}
              placeholder={t('prompts:compare.none')}
              data={others.map(({ version: number }) => ({
                value: String(number),
                label: t('prompts:version', { version: number }),
              }))}
              value={against}
              onChange={setAgainst}
              clearable
            />
          )}
          {change && <Changes version={version} close={close} />}
        </Group>
        {other ? (
          <TextDiff before={other.text} after={version.text} />
        ) : (
          <Text className="lines">{version.text}</Text>
        )}
      </Stack>
    </Modal>
  )
}

/** What can be done with a version: begin another one with it, and what its time allows. */
function Changes({ version, close }: Pick<VersionModalProps, 'version' | 'close'>) {
  const { t } = useTranslation()
  const { id } = useCourse()
  const nowMs = useNow()
  const { restore, withdraw } = useVersionChanges(close)
  return (
    <Group gap="xs">
      {isWaiting(version, nowMs) ? (
        <ConfirmButton
          variant="subtle"
          color="red"
          loading={withdraw.isPending}
          question={t('prompts:takeBack.question', { version: version.version })}
          about={t('prompts:takeBack.about')}
          action={t('prompts:takeBack.submit')}
          onConfirm={() => withdraw.mutate(version.version)}
        >
          {t('prompts:takeBack.submit')}
        </ConfirmButton>
      ) : (
        <Button variant="default" loading={restore.isPending} onClick={() => restore.mutate(version.version)}>
          {t('prompts:restore')}
        </Button>
      )}
      <ButtonLink
        to="/courses/$course/prompts/new"
        params={{ course: id }}
        search={{ from: version.version }}
        variant="default"
      >
        {t('prompts:again')}
      </ButtonLink>
    </Group>
  )
}
