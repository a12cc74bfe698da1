import { Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWindowTitle } from './window-title.ts'

interface PageProps {
  title: string
  /** One sentence under the title. */
  about?: ReactNode
  /** The buttons of the page, at the right of its title. */
  actions?: ReactNode
  children: ReactNode
  /** As wide as text is read well, instead of all there is. */
  narrow?: boolean
}

/** The frame of a page in the shell: title (of the window too), what it is about, what can be done. */
export function Page({ title, about, actions, children, narrow = false }: PageProps) {
  useWindowTitle(title)
  return (
    <Stack gap="lg" maw={narrow ? 760 : 1280}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4}>
          <Title order={1}>{title}</Title>
          {about && (
            <Text c="dimmed" maw={640}>
              {about}
            </Text>
          )}
        </Stack>
        {actions && (
          <Group gap="xs" className="no-print">
            {actions}
          </Group>
        )}
      </Group>
      {children}
    </Stack>
  )
}
