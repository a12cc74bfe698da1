import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { CourseMember } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { AddressText } from '../../parts/address-text.tsx'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { AddMember } from './add-member.tsx'
import { courseStaffQuery } from './queries.ts'
import { type Role, RoleSelect } from './role-select.tsx'
import { useRoles } from './roles.ts'

/** Who owns and who assists in the course. */
export function CourseStaffPage() {
  const { t } = useTranslation()
  const { id } = useCourse()
  const { change } = useRights(id)
  const query = useQuery(courseStaffQuery(id))
  return (
    <Page title={t('staff:course.title')} about={t('staff:course.about')}>
      {change && <AddMember />}
      <Shown query={query}>
        {({ items }) =>
          items.length > 0 ? (
            <Members members={items} change={change} />
          ) : (
            <Empty title={t('staff:course.nobody')} />
          )
        }
      </Shown>
    </Page>
  )
}

function Members({ members, change }: { members: CourseMember[]; change: boolean }) {
  const { t } = useTranslation()
  const { put, remove } = useRoles()
  const columns: Column<CourseMember>[] = [
    {
      title: t('staff:column.name'),
      cell: ({ name, email }) => (
        <>
          <Text size="sm" fw={500}>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            <AddressText text={email} />
          </Text>
        </>
      ),
    },
    {
      title: t('staff:role.label'),
      cell: ({ id, name, role }) =>
        change ? (
          <RoleSelect
            label=""
            aria-label={t('staff:role.of', { name })}
            value={role}
            onChange={next => put.mutate({ id, role: next as Role })}
            maw={260}
          />
        ) : (
          t(`staff:role.${role}`)
        ),
    },
    ...(change
      ? [
          {
            title: t('staff:column.actions'),
            cell: (member: CourseMember) => <Remove member={member} remove={remove.mutate} />,
          },
        ]
      : []),
  ]
  return <DataTable label={t('staff:course.title')} columns={columns} rows={members} idOf={({ id }) => id} />
}

function Remove({ member: { id, name }, remove }: { member: CourseMember; remove: (id: string) => void }) {
  const { t } = useTranslation()
  return (
    <ConfirmButton
      size="xs"
      variant="subtle"
      color="red"
      question={t('staff:course.removeQuestion', { name })}
      about={t('staff:course.removeAbout')}
      action={t('staff:course.remove')}
      onConfirm={() => remove(id)}
    >
      {t('staff:course.remove')}
    </ConfirmButton>
  )
}
