import { Anchor, Group, Paper, Stack, Text, Title } from '@mantine/core'
import Download from 'lucide-react/icons/download'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { csvAddress } from './figures.ts'
import classes from './use.module.css'

interface UsePartProps {
  title: string
  about?: string
  /** Name of the table in the API, and of which week. */
  table: string
  week: number
  actions?: ReactNode
  children: ReactNode
}

/** One part of the page: what it shows, and the same as a file. */
export function UsePart({ title, about, table, week, actions, children }: UsePartProps) {
  const { t } = useTranslation()
  const { id } = useCourse()
  return (
    <Paper withBorder p={{ base: 'md', sm: 'lg' }} component="section" aria-label={title}>
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" gap="xs">
          <div className={classes.title}>
            <Title order={2} size="h4">
              {title}
            </Title>
            {about && (
              <Text size="sm" c="dimmed">
                {about}
              </Text>
            )}
          </div>
          <Group gap="sm">
            {actions}
            <Anchor
              href={csvAddress(id, table, week)}
              download
              size="sm"
              aria-label={t('use:csvOf', { title })}
            >
              <Group gap={4} wrap="nowrap">
                <Download size={14} />
                CSV
              </Group>
            </Anchor>
          </Group>
        </Group>
        {children}
      </Stack>
    </Paper>
  )
}
