import { Button, Code, CopyButton, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

/** The key in the one moment in which it can be seen. */
export function NewKey({ value, done }: { value: string; done: () => void }) {
  const { t } = useTranslation()
  const title = useRef<HTMLHeadingElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is news, too
  useEffect(() => {
    title.current?.focus()
    title.current?.scrollIntoView({ block: 'center' })
  }, [value])
  return (
    <Paper
      withBorder
      p={{ base: 'md', sm: 'lg' }}
      component="section"
      aria-labelledby="new-key"
      bg="var(--mantine-color-yellow-light)"
    >
      <Stack gap="sm">
        <Title order={2} id="new-key" ref={title} tabIndex={-1} style={{ outline: 'none' }}>
          {t('me:newKey.title')}
        </Title>
        <Text>{t('me:newKey.once')}</Text>
        <Code block>{value}</Code>
        <Text size="sm">{t('me:newKey.secret')}</Text>
        <Group>
          <CopyButton value={value}>
            {({ copied, copy }) => (
              <Button onClick={copy}>{copied ? t('app:copied') : t('me:newKey.copy')}</Button>
            )}
          </CopyButton>
          <Button variant="default" onClick={done}>
            {t('me:newKey.done')}
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}
