import { Button, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'

interface Paged {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}

/** Under a list that is paged by cursor: the next page, while there is one. */
export function MoreButton({ query: { hasNextPage, isFetchingNextPage, fetchNextPage } }: { query: Paged }) {
  const { t } = useTranslation()
  if (!hasNextPage) return null
  return (
    <Group justify="center">
      <Button variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
        {t('app:more')}
      </Button>
    </Group>
  )
}
