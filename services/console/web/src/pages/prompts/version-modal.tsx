import { Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptVersion } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { ButtonLink } from '../../parts/links.tsx'
import { TextDiff } from '../../parts/text-diff.tsx'

interface VersionModalProps {
  version: PromptVersion
  versions: readonly PromptVersion[]
  close: () => void
}

/** One version: its text, or what differs from another one. */
export function VersionModal({ version, versions, close }: VersionModalProps) {
  const { t } = useTranslation()
  const { id } = useCourse()
  const { change } = useRights(id)
  const before = versions.find(({ version: number }) => number === version.version - 1)
  const [against, setAgainst] = useState(before ? String(before.version) : null)
  const other = versions.find(({ version: number }) => String(number) === against)
  const others = versions.filter(({ version: number }) => number !== version.version)
  return (
    <Modal opened onClose={close} size="xl" title={t('prompts:version', { version: version.version })}>
      <Stack>
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
          {change && (
            <ButtonLink
              to="/courses/$course/prompts/new"
              params={{ course: id }}
              search={{ from: version.version }}
              variant="default"
            >
              {t('prompts:again')}
            </ButtonLink>
          )}
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
