import { Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Thread } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { TextLink } from '../../parts/links.tsx'
import { ErrorState } from '../../parts/states.tsx'
import classes from './chat.module.css'
import type { Filter } from './filter.ts'
import { threadQuery } from './queries.ts'

/** The requests of the chat that this one is a part of; nothing where it stands alone. */
export function Chat({ id, filter }: { id: string; filter: Filter }) {
  const { t } = useTranslation()
  const { data, error, refetch } = useQuery(threadQuery(id))
  if (error && !data) return <ErrorState error={error} retry={refetch} />
  if (!data || data.items.length < 2) return null
  return (
    <section aria-labelledby="chat">
      <Title order={2} size="h4" id="chat">
        {t('conversations:chat.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('conversations:chat.about')}
      </Text>
      <ol className={classes.chat}>
        {data.items.map(item => (
          <li key={item.id} aria-current={item.id === id ? 'true' : undefined}>
            <Request item={item} here={item.id === id} filter={filter} />
          </li>
        ))}
      </ol>
      {data.truncated && (
        <Text size="xs" c="dimmed" mt="xs">
          {t('conversations:chat.truncated')}
        </Text>
      )}
    </section>
  )
}

interface RequestProps {
  item: Thread['items'][number]
  here: boolean
  filter: Filter
}

function Request({ item, here, filter }: RequestProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const { id: course, timezone } = useCourse()
  const question = item.question.trim() || t('conversations:noText')
  return (
    <>
      <Text size="xs" c="dimmed">
        {format.time(item.startedAtMs, timezone)}
      </Text>
      {here ? (
        <Text size="sm" fw={600} lineClamp={2}>
          {question}
        </Text>
      ) : (
        <TextLink
          to="/courses/$course/conversations/$id"
          params={{ course, id: item.id }}
          search={filter}
          size="sm"
          lineClamp={2}
        >
          {question}
        </TextLink>
      )}
    </>
  )
}
