import { Box, Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWindowTitle } from '../../parts/window-title.ts'

interface PageTitleProps {
  title: string
  about?: string
  actions?: ReactNode
}

/** The title of a students' page, and of the window. */
export function PageTitle({ title, about, actions }: PageTitleProps) {
  useWindowTitle(title)
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap">
      <div>
        <Title order={1}>{title}</Title>
        {about && (
          <Text c="dimmed" mt={4}>
            {about}
          </Text>
        )}
      </div>
      {actions && <Box flex="none">{actions}</Box>}
    </Group>
  )
}
