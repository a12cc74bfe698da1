import { Grid, Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import ArrowLeft from 'lucide-react/icons/arrow-left'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { TextLink } from '../../parts/links.tsx'
import { Page } from '../../parts/page.tsx'
import { Shown } from '../../parts/states.tsx'
import { useStudentNames } from '../../parts/student-names.ts'
import { Chat } from './chat.tsx'
import { Facts } from './facts.tsx'
import type { Filter } from './filter.ts'
import { FlagButton } from './flag-button.tsx'
import { Neighbours } from './neighbours.tsx'
import { Notes } from './notes.tsx'
import { conversationQuery } from './queries.ts'
import { Turns } from './turns.tsx'

const route = getRouteApi('/staff/courses/$course/conversations/$id')

/** One conversation: what was said, with what is known of it beside. */
export function ReaderPage() {
  const { id } = route.useParams()
  const filter = route.useSearch()
  const course = useCourse()
  return (
    <Shown query={useQuery(conversationQuery(course.id, id))}>
      {conversation => <Reader key={id} conversation={conversation} filter={filter} />}
    </Shown>
  )
}

function Reader({ conversation, filter }: { conversation: Conversation; filter: Filter }) {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const { id, studentId, startedAtMs, flagged = false } = conversation
  const name = useStudentNames([studentId])(studentId)
  const back = (
    <TextLink to="/courses/$course/conversations" params={{ course: course.id }} search={filter} size="sm">
      <Group gap={4} wrap="nowrap">
        <ArrowLeft size={14} />
        {t('conversations:reader.back')}
      </Group>
    </TextLink>
  )
  return (
    <Stack gap="xs">
      {back}
      <Page
        title={name}
        about={format.time(startedAtMs, course.timezone)}
        actions={
          <>
            <FlagButton id={id} flagged={flagged} />
            <Neighbours id={id} filter={filter} />
          </>
        }
      >
        <Grid gap="xl">
          <Grid.Col span={{ base: 12, md: 8 }}>
            <Turns conversation={conversation} name={name} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 4 }}>
            <Stack gap="xl">
              <Facts conversation={conversation} name={name} />
              <Notes id={id} />
              <Chat id={id} filter={filter} />
            </Stack>
          </Grid.Col>
        </Grid>
      </Page>
    </Stack>
  )
}
