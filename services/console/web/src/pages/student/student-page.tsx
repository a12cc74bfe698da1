import { isTrialAccount } from '@lectern/shared/trial.ts'
import { Alert, Badge, Group, Select, SimpleGrid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Student } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { AddressText } from '../../parts/address-text.tsx'
import { GrantModal } from '../../parts/grant-modal.tsx'
import { TextLink } from '../../parts/links.tsx'
import { Page } from '../../parts/page.tsx'
import { Shown } from '../../parts/states.tsx'
import { useWeekChoices } from '../../parts/week-choices.ts'
import { BalanceCard } from './balance-card.tsx'
import { Details } from './details.tsx'
import { KeysCard } from './keys-card.tsx'
import { Ledger } from './ledger.tsx'
import { studentQuery } from './queries.ts'

/** One student: what is left, what was used for what, and their keys. */
export function StudentPage() {
  const { student } = useParams({ from: '/staff/courses/$course/students/$student' })
  const query = useQuery(studentQuery(student))
  return <Shown query={query}>{found => <StudentShown key={found.id} student={found} />}</Shown>
}

function StudentShown({ student }: { student: Student }) {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const { change } = useRights(course)
  const { choices, now } = useWeekChoices()
  const [week, setWeek] = useState(now)
  const { id, name, email, group, active } = student
  const isTrial = isTrialAccount(id)
  const back = (
    <TextLink to="/courses/$course/students" params={{ course }}>
      {t('student:back')}
    </TextLink>
  )
  const about = (
    <Group gap="xs" component="span">
      <span>
        {isTrial ? t('student:trial') : <AddressText text={[email, id, group].filter(Boolean).join(' · ')} />}
      </span>
      {!active && <Badge color="gray">{t('roster:dropped')}</Badge>}
    </Group>
  )
  return (
    <Stack gap="sm">
      <div>{back}</div>
      <Page
        title={name}
        about={about}
        actions={change && active && !isTrial && <Details student={student} />}
      >
        {!active && <Alert color="gray">{t('student:droppedAbout')}</Alert>}
        <Group>
          <Select
            aria-label={t('student:week')}
            data={choices}
            value={week}
            onChange={setWeek}
            allowDeselect={false}
            w={{ base: '100%', sm: 300 }}
            placeholder={t('student:outside')}
          />
          {change && active && <GrantModal to={{ students: [id] }} />}
        </Group>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <BalanceCard student={id} week={week === null ? null : Number(week)} />
          {!isTrial && <KeysCard student={student} />}
        </SimpleGrid>
        <Ledger student={id} week={week === null ? null : Number(week)} />
      </Page>
    </Stack>
  )
}
