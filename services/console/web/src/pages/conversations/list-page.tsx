import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import Download from 'lucide-react/icons/download'
import { useTranslation } from 'react-i18next'
import type { ConversationPage } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { type Filter, setOf } from './filter.ts'
import { Filters } from './filters.tsx'
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
  const query = useInfiniteQuery(conversationsQuery(course, filter))
  const change = (changed: Filter) => navigate({ search: changed, replace: true })
  const actions = (
    <Button variant="default" leftSection={<Download size={16} />} onClick={open}>
      {t('conversations:export.open')}
    </Button>
  )
  return (
    <Page title={t('conversations:title')} about={t('conversations:about')} actions={actions}>
      <SearchField key={filter.q} filter={filter} change={change} />
      <Filters filter={filter} change={change} />
      <Shown query={query}>
        {({ pages }) => (
          <>
            <Found pages={pages} filter={filter} more={query.hasNextPage} clear={() => change({})} />
            <MoreButton query={query} />
          </>
        )}
      </Shown>
      <ExportDialog filter={filter} opened={exporting} close={close} />
    </Page>
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
