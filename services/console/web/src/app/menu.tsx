import { Stack } from '@mantine/core'
import { useMatchRoute, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { NavItem } from '../parts/links.tsx'
import { COURSE_NAV, MAIN_NAV, type NavEntry } from './nav.ts'
import { rightsOf, useUser } from './session.ts'

/** The menu at the side: the pages of the course, then those of all courses. */
export function Menu() {
  const { course } = useParams({ strict: false })
  const user = useUser()
  const { isAdmin } = user
  return (
    <Stack gap={2}>
      {course &&
        COURSE_NAV.filter(({ owner }) => !owner || rightsOf(user, course).change).map(entry => (
          <Entry key={entry.to} entry={entry} course={course} />
        ))}
      {!course &&
        MAIN_NAV.filter(({ admin }) => isAdmin || !admin).map(entry => (
          <Entry key={entry.to} entry={entry} />
        ))}
    </Stack>
  )
}

function Entry({ entry: { to, label, icon: Icon }, course = '' }: { entry: NavEntry; course?: string }) {
  const { t } = useTranslation()
  const active = Boolean(useMatchRoute()({ to, params: { course }, fuzzy: true }))
  return (
    <NavItem
      to={to}
      params={{ course }}
      label={t(label)}
      leftSection={<Icon size={18} />}
      active={active}
      aria-current={active ? 'page' : undefined}
    />
  )
}
