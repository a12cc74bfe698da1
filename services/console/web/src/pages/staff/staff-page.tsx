import { Badge, Group, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { StaffMember } from '../../api/types.ts'
import { AddressText } from '../../parts/address-text.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { type Secret, SecretOnce } from '../../parts/secret-once.tsx'
import { Shown } from '../../parts/states.tsx'
import { Invite } from './invite.tsx'
import { MemberMenu } from './member-menu.tsx'
import { staffQuery } from './queries.ts'

/** Everybody who works with this Lectern; for admins. */
export function StaffPage() {
  const { t } = useTranslation()
  const query = useInfiniteQuery(staffQuery)
  const [link, setLink] = useState<Secret | null>(null)
  return (
    <Page title={t('staff:title')} about={t('staff:about')} actions={<Invite show={setLink} />}>
      <Shown query={query}>
        {({ pages }) => (
          <>
            <Members members={pages.flatMap(({ items }) => items)} show={setLink} />
            <MoreButton query={query} />
          </>
        )}
      </Shown>
      {link && <SecretOnce kind="link" {...link} close={() => setLink(null)} />}
    </Page>
  )
}

function Members({ members, show }: { members: StaffMember[]; show: (link: Secret) => void }) {
  const { t } = useTranslation()
  const columns: Column<StaffMember>[] = [
    { title: t('staff:column.name'), cell: member => <Name member={member} /> },
    { title: t('staff:column.courses'), cell: ({ courses }) => <Courses courses={courses} />, wide: true },
    { title: t('staff:column.actions'), cell: member => <MemberMenu member={member} show={show} /> },
  ]
  return <DataTable label={t('staff:title')} columns={columns} rows={members} idOf={({ id }) => id} />
}

function Name({ member: { name, email, isAdmin, disabled, canSignIn } }: { member: StaffMember }) {
  const { t } = useTranslation()
  return (
    <>
      <Group gap="xs">
        <Text size="sm" fw={500}>
          {name}
        </Text>
        {isAdmin && <Badge variant="light">{t('staff:admin')}</Badge>}
        {disabled && <Badge color="gray">{t('staff:disabled')}</Badge>}
        {!disabled && !canSignIn && (
          <Badge color="gray" variant="light">
            {t('staff:invited')}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        <AddressText text={email} />
      </Text>
    </>
  )
}

function Courses({ courses }: { courses: StaffMember['courses'] }) {
  const { t } = useTranslation()
  return courses.map(({ id, name, role }) => (
    <Text key={id} size="sm">
      {t(`staff:in.${role}`, { course: name })}
    </Text>
  ))
}
