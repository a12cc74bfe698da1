import { ActionIcon, Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import CircleUser from 'lucide-react/icons/circle-user'
import LogOut from 'lucide-react/icons/log-out'
import { useTranslation } from 'react-i18next'
import { signOut } from '../api/session.ts'
import { MenuLink } from '../parts/links.tsx'
import { showProblem } from '../parts/notices.ts'
import { sessionChanged, useUser } from './session.ts'

/** Oneself: the account, and the way out. */
export function UserMenu() {
  const { t } = useTranslation()
  const { name, email } = useUser()
  const navigate = useNavigate()
  const leave = async () => {
    try {
      await signOut()
      await sessionChanged()
      await navigate({ to: '/sign-in' })
    } catch (error) {
      showProblem(error)
    }
  }
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('app:user.menu', { name })}>
          <CircleUser size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{email}</Menu.Label>
        <MenuLink to="/account">{t('app:user.account')}</MenuLink>
        <Menu.Item leftSection={<LogOut size={16} />} onClick={leave}>
          {t('app:user.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
