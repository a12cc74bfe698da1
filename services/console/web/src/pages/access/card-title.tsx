import { Text, Title } from '@mantine/core'
import { useWindowTitle } from '../../parts/window-title.ts'

/** The title of a page in the public frame, and of the window. */
export function CardTitle({ title, about }: { title: string; about?: string }) {
  useWindowTitle(title)
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
