import { Text, Title } from '@mantine/core'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

/** The title of a page in the public frame, and of the window. */
export function CardTitle({ title, about }: { title: string; about?: string }) {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${title} · ${t('app:name')}`
  }, [title, t])
  return (
    <div>
      <Title order={1} size="h2">
        {title}
      </Title>
      {about && (
        <Text c="dimmed" mt={4}>
          {about}
        </Text>
      )}
    </div>
  )
}
