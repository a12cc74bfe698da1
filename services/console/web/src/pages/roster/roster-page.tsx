import { Button, Group, Select, Switch, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import Search from 'lucide-react/icons/search'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { GrantModal } from '../../parts/grant-modal.tsx'
import { ButtonLink } from '../../parts/links.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { AddStudent } from './add-student.tsx'
import { type RosterFilter, rosterQuery } from './queries.ts'
import { StudentTable } from './student-table.tsx'

const TYPING_MS = 250
const NOTHING: RosterFilter = { q: '', group: null, all: false }

/** Who is in the course, and what they have left this week. */
export function RosterPage() {
  const { t } = useTranslation()
  const { id } = useCourse()
  const { change } = useRights(id)
  const [filter, setFilter] = useState(NOTHING)
  const [q] = useDebouncedValue(filter.q.trim(), TYPING_MS)
  const query = useInfiniteQuery(rosterQuery(id, { ...filter, q }))
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set())
  const filtered = q !== '' || filter.group !== null
  const add = (
    <Group gap="xs">
      <AddStudent />
      <ButtonLink to="/courses/$course/students/import" params={{ course: id }}>
        {t('roster:import.open')}
      </ButtonLink>
    </Group>
  )
  return (
    <Page title={t('roster:title')} actions={change && add}>
      <Filter filter={filter} change={part => setFilter({ ...filter, ...part })} />
      <Shown query={query}>
        {({ pages }) => {
          const students = pages.flatMap(({ items }) => items)
          if (students.length === 0 && filtered) return <Empty title={t('roster:nobodyFound')} />
          if (students.length === 0)
            return <Empty title={t('roster:nobody')} text={t('roster:nobodyAbout')} />
          return (
            <>
              {change && <Chosen chosen={chosen} clear={() => choose(new Set())} />}
              <StudentTable students={students} choice={change ? { chosen, choose } : undefined} />
              <MoreButton query={query} />
            </>
          )
        }}
      </Shown>
    </Page>
  )
}

interface FilterProps {
  filter: RosterFilter
  change: (part: Partial<RosterFilter>) => void
}

function Filter({ filter, change }: FilterProps) {
  const { t } = useTranslation()
  const { groupTokens = {} } = useCourse()
  const groups = Object.keys(groupTokens)
  return (
    <Group align="center" className="no-print">
      <TextInput
        type="search"
        aria-label={t('roster:search')}
        placeholder={t('roster:search')}
        leftSection={<Search size={16} />}
        value={filter.q}
        onChange={event => change({ q: event.currentTarget.value })}
        w={{ base: '100%', sm: 320 }}
      />
      {groups.length > 0 && (
        <Select
          aria-label={t('roster:group')}
          placeholder={t('roster:allGroups')}
          data={groups}
          value={filter.group}
          onChange={group => change({ group })}
          clearable
        />
      )}
      <Switch
        label={t('roster:withDropped')}
        checked={filter.all}
        onChange={event => change({ all: event.currentTarget.checked })}
      />
    </Group>
  )
}

/** What can be done with the students that are chosen, or with all. */
function Chosen({ chosen, clear }: { chosen: ReadonlySet<string>; clear: () => void }) {
  const { t } = useTranslation()
  const some = chosen.size > 0
  return (
    <Group gap="xs" className="no-print">
      <GrantModal
        to={some ? { students: [...chosen] } : { all: true }}
        count={some ? chosen.size : null}
        done={clear}
      />
      {some && (
        <Button variant="subtle" onClick={clear}>
          {t('roster:clear')}
        </Button>
      )}
    </Group>
  )
}
