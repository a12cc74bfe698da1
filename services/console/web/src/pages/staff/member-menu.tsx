import { ActionIcon, Menu } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import Ellipsis from 'lucide-react/icons/ellipsis'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { StaffMember } from '../../api/types.ts'
import { useUser } from '../../app/session.ts'
import { showDone, showProblem } from '../../parts/notices.ts'
import type { Secret } from '../../parts/secret-once.tsx'
import { staffQuery } from './queries.ts'

/** What an admin can do with somebody of the staff. */
export function MemberMenu({ member, show }: { member: StaffMember; show: (link: Secret) => void }) {
  const { t } = useTranslation()
  const own = useUser().id === member.id
  const { id, name, isAdmin, disabled } = member
  const queries = useQueryClient()
  const after = {
    onError: showProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: staffQuery.queryKey }),
  }
  const link = useMutation({
    mutationFn: () => ask(api.POST('/api/staff/{id}/invite', { params: { path: { id } } })),
    onSuccess: ({ inviteUrl }) => show({ name, value: inviteUrl }),
    ...after,
  })
  const change = useMutation({
    mutationFn: (patch: { isAdmin?: boolean; disabled?: boolean }) =>
      ask(api.PATCH('/api/staff/{id}', { params: { path: { id } }, body: patch })),
    onSuccess: () => showDone(t('staff:changed')),
    ...after,
  })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('staff:actionsFor', { name })}
          loading={link.isPending || change.isPending}
        >
          <Ellipsis size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={disabled} onClick={() => link.mutate()}>
          {t('staff:newLink')}
        </Menu.Item>
        <Menu.Item disabled={own} onClick={() => change.mutate({ isAdmin: !isAdmin })}>
          {isAdmin ? t('staff:noAdmin') : t('staff:makeAdmin')}
        </Menu.Item>
        <Menu.Item disabled={own} onClick={() => change.mutate({ disabled: !disabled })}>
          {disabled ? t('staff:enable') : t('staff:disable')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
