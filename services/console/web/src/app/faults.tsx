import { Container, Stack, Text, Title } from '@mantine/core'
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ButtonLink } from '../parts/links.tsx'
import { ErrorState } from '../parts/states.tsx'

/** Where a whole page could not be shown. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const again = async () => {
    await router.invalidate()
    reset()
  }
  return (
    <Container size="sm" py="xl">
      <ErrorState error={error} retry={again} />
    </Container>
  )
}

export function NotFound() {
  const { t } = useTranslation()
  return (
    <Container size="sm" py="xl">
      <Stack align="flex-start">
        <Title order={1}>{t('app:notFound.title')}</Title>
        <Text>{t('app:notFound.text')}</Text>
        <ButtonLink to="/">{t('app:notFound.home')}</ButtonLink>
      </Stack>
    </Container>
  )
}
