import { Button, Group, Select } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CourseMember } from '../../api/types.ts'
import { TextLink } from '../../parts/links.tsx'
import { staffQuery } from './queries.ts'
import { type Role, RoleSelect } from './role-select.tsx'
import { useRoles } from './roles.ts'

/** Somebody of the staff gets a role in the course; for admins, who alone see all of the staff. */
export function AddMember({ members }: { members: CourseMember[] }) {
  const { t } = useTranslation()
  const { data } = useInfiniteQuery(staffQuery)
  const { put } = useRoles()
  const [id, setId] = useState<string | null>(null)
  const [role, setRole] = useState<Role>('assistant')
  const inside = new Set(members.map(member => member.id))
  const others = (data?.pages ?? [])
    .flatMap(({ items }) => items)
    .filter(member => !inside.has(member.id) && !member.disabled)
  const add = () => {
    if (id) put.mutate({ id, role })
    setId(null)
  }
  return (
    <Group align="flex-end">
      <Select
        label={t('staff:course.who')}
        placeholder={t('staff:course.whoAbout')}
        data={others.map(({ id: value, name, email }) => ({ value, label: `${name} (${email})` }))}
        value={id}
        onChange={setId}
        searchable
        clearable
        nothingFoundMessage={t('staff:course.nobodyElse')}
        w={{ base: '100%', sm: 300 }}
      />
      <RoleSelect value={role} onChange={next => setRole(next as Role)} w={{ base: '100%', sm: 240 }} />
      <Button onClick={add} disabled={id === null} loading={put.isPending}>
        {t('staff:course.add')}
      </Button>
      <TextLink to="/staff" size="sm">
        {t('staff:course.inviteNew')}
      </TextLink>
    </Group>
  )
}
