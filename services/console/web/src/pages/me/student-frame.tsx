import { Container, Group, Stack, Text } from '@mantine/core'
import { Outlet } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Preferences } from '../../app/preferences.tsx'
import { type FreshKey, FreshKeyContext } from './fresh-key.ts'
import { NewKey } from './new-key.tsx'

/** One column, the language, and above everything a key that was just made: it is seen only now. */
export function StudentFrame() {
  const { t } = useTranslation()
  const [key, setKey] = useState<string | null>(null)
  const [open, setOpen] = useState(false)
  const fresh = useMemo(
    (): FreshKey => ({
      value: key,
      show: value => {
        setKey(value)
        setOpen(true)
      },
      forget: () => {
        setKey(null)
        setOpen(false)
      },
    }),
    [key],
  )
  return (
    <FreshKeyContext value={fresh}>
      <Container size={680} px={{ base: 'md', sm: 'lg' }} pt={{ base: 'sm', sm: 'xl' }} pb={64}>
        <Group component="header" justify="space-between" mb="md">
          <Text fw={700} size="lg">
            {t('app:name')}
          </Text>
          <Group gap={4}>
            <Preferences />
          </Group>
        </Group>
        <Stack component="main" gap="lg">
          {key && open && <NewKey value={key} done={() => setOpen(false)} />}
          <Outlet />
        </Stack>
      </Container>
    </FreshKeyContext>
  )
}
