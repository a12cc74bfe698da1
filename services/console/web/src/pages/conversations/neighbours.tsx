import { ActionIcon, Group } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import ChevronLeft from 'lucide-react/icons/chevron-left'
import ChevronRight from 'lucide-react/icons/chevron-right'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import type { Filter } from './filter.ts'
import { conversationsQuery } from './queries.ts'

/** To the one before and after it in the list that it was opened from; nothing where there was no list. */
export function Neighbours({ id, filter }: { id: string; filter: Filter }) {
  const { t } = useTranslation()
  const course = useCourse()
  const navigate = useNavigate()
  const list = useInfiniteQuery({ ...conversationsQuery(course, filter), enabled: false })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const here = items.findIndex(item => item.id === id)
  if (here < 0) return null
  const go = (to: string | undefined) =>
    to &&
    navigate({
      to: '/courses/$course/conversations/$id',
      params: { course: course.id, id: to },
      search: filter,
    })
  const goOn = async () => {
    const loaded = items[here + 1]?.id
    if (loaded) return go(loaded)
    const { data } = await list.fetchNextPage()
    return go(data?.pages.flatMap(page => page.items)[here + 1]?.id)
  }
  return (
    <Group gap={4} wrap="nowrap">
      <ActionIcon
        variant="default"
        size={36}
        aria-label={t('conversations:reader.newer')}
        title={t('conversations:reader.newer')}
        disabled={here === 0}
        onClick={() => go(items[here - 1]?.id)}
      >
        <ChevronLeft size={18} />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size={36}
        aria-label={t('conversations:reader.older')}
        title={t('conversations:reader.older')}
        disabled={here === items.length - 1 && !list.hasNextPage}
        loading={list.isFetchingNextPage}
        onClick={goOn}
      >
        <ChevronRight size={18} />
      </ActionIcon>
    </Group>
  )
}
