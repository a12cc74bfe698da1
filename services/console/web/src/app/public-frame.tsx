import { Container, Group, Paper, Text } from '@mantine/core'
import { Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Preferences } from './preferences.tsx'

/** Around pages for everybody: one card, and the language. */
export function PublicFrame() {
  const { t } = useTranslation()
  return (
    <Container size={440} py={{ base: 'md', sm: 80 }} component="main">
      <Group justify="space-between" mb="md">
        <Text fw={700} size="lg">
          {t('app:name')}
        </Text>
        <Group gap={4}>
          <Preferences />
        </Group>
      </Group>
      <Paper withBorder p={{ base: 'md', sm: 'xl' }} shadow="xs">
        <Outlet />
      </Paper>
    </Container>
  )
}
