import { Alert, Button, Center, Loader, Stack, Text, Title, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from './problem-text.ts'

/** Something is on its way. */
export function Loading() {
  const { t } = useTranslation()
  return (
    <Center mih={200} role="status">
      <Loader size="sm" aria-hidden />
      <VisuallyHidden>{t('app:loading')}</VisuallyHidden>
    </Center>
  )
}

/** Something could not be had: what happened, what to do, and another try. */
export function ErrorState({ error, retry }: { error: unknown; retry?: (() => unknown) | undefined }) {
  const { t } = useTranslation()
  const text = useProblemText()
  return (
    <Alert color="red" variant="light" title={t('app:failed')} role="alert">
      <Stack align="flex-start" gap="sm">
        <Text size="sm" className="lines">
          {text(error)}
        </Text>
        {retry && (
          <Button size="xs" variant="default" onClick={() => retry()}>
            {t('app:retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

/** There is nothing yet: why, and how to begin. */
export function Empty({ title, text, action }: { title: string; text?: string; action?: ReactNode }) {
  return (
    <Center py={48}>
      <Stack align="center" gap="xs" maw={460} ta="center">
        <Title order={2} size="h4">
          {title}
        </Title>
        {text && <Text c="dimmed">{text}</Text>}
        {action}
      </Stack>
    </Center>
  )
}

interface Asked<T> {
  data: T | undefined
  error: unknown
  refetch: () => unknown
}

/**
 * What a query has: a loader, what went wrong, or the data. Data that is there stays there while it is asked for again.
 */
export function Shown<T>({ query, children }: { query: Asked<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data)
  return query.error ? <ErrorState error={query.error} retry={query.refetch} /> : <Loading />
}
