import { Button, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import Download from 'lucide-react/icons/download'
import { useTranslation } from 'react-i18next'
import type { ConversationPage } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { LiveButton } from '../../parts/live-button.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { EraseDialog } from './erase-dialog.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { type Filter, setOf } from './filter.ts'
import { Filters } from './filters.tsx'
import { FreshLine } from './fresh-line.tsx'
import { useLiveList } from './live-list.ts'
import { conversationsQuery } from './queries.ts'
import { Rows } from './rows.tsx'
import { SearchField } from './search-field.tsx'

const route = getRouteApi('/staff/courses/$course/conversations')

/** What was asked and answered in a course: searched, filtered, newest first. */
export function ListPage() {
  const { t } = useTranslation()
  const course = useCourse()
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const [exporting, { open, close }] = useDisclosure()
  const change = (changed: Filter) => navigate({ search: changed, replace: true })
  const actions = (
    <>
      {filter.student && <EraseButton student={filter.student} />}
      <Button variant="default" leftSection={<Download size={16} />} onClick={open}>
        {t('conversations:export.open')}
      </Button>
    </>
  )
  return (
    <Page title={t('conversations:title')} about={t('conversations:about')} actions={actions}>
      <SearchField key={filter.q} filter={filter} change={change} />
      <Filters filter={filter} change={change} />
      {/* Another list is another count of what is new. */}
      <List key={`${course.id} ${JSON.stringify(filter)}`} filter={filter} clear={() => change({})} />
      <ExportDialog filter={filter} opened={exporting} close={close} />
    </Page>
  )
}

/** Where the list is one student's: for who may change the course. */
function EraseButton({ student }: { student: string }) {
  const { t } = useTranslation()
  const { change } = useRights(useCourse().id)
  const [opened, { open, close }] = useDisclosure()
  if (!change) return null
  return (
    <>
      <Button variant="subtle" color="red" onClick={open}>
        {t('conversations:erase.open')}
      </Button>
      <EraseDialog student={student} opened={opened} close={close} />
    </>
  )
}

function List({ filter, clear }: { filter: Filter; clear: () => void }) {
  const course = useCourse()
  const query = useInfiniteQuery(conversationsQuery(course, filter))
  const { live, fresh, show } = useLiveList(course, filter)
  return (
    <Shown query={query}>
      {({ pages }) => (
        <>
          <Group gap="xs">
            <LiveButton live={live} />
            <FreshLine fresh={fresh} show={show} />
          </Group>
          <Found pages={pages} filter={filter} more={query.hasNextPage} clear={clear} />
          <MoreButton query={query} />
        </>
      )}
    </Shown>
  )
}

interface FoundProps {
  pages: ConversationPage[]
  filter: Filter
  more: boolean
  clear: () => void
}

function Found({ pages, filter, more, clear }: FoundProps) {
  const { t } = useTranslation()
  const items = pages.flatMap(page => page.items)
  if (items.length > 0) return <Rows items={items} filter={filter} />
  // A search stops after some seconds, with or without a hit.
  if (more) return <Empty title={t('conversations:none.soFar')} text={t('conversations:none.soFarText')} />
  if (filter.q === undefined && setOf(filter).length === 0) {
    return <Empty title={t('conversations:none.yet')} text={t('conversations:none.yetText')} />
  }
  const action = (
    <Button variant="default" onClick={clear}>
      {t('conversations:filter.clear')}
    </Button>
  )
  return (
    <Empty title={t('conversations:none.found')} text={t('conversations:none.foundText')} action={action} />
  )
}
