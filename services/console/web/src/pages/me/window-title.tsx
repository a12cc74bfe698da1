import { Group, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { useTranslation } from 'react-i18next'

interface WindowTitleProps {
  title: string
  about?: string
  actions?: ReactNode
}

/** The title of a students' page, and of the window. */
export function WindowTitle({ title, about, actions }: WindowTitleProps) {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${title} · ${t('app:name')}`
  }, [title, t])
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
      {actions}
    </Group>
  )
}
