import { AppShell, Burger, Group, ScrollArea } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { TextLink } from '../parts/links.tsx'
import { SkipLink } from '../parts/skip-link.tsx'
import { CourseMenu } from './course-menu.tsx'
import { Menu } from './menu.tsx'
import { Preferences } from './preferences.tsx'
import { UserContext, useSession } from './session.ts'
import { UserMenu } from './user-menu.tsx'

/** Around all pages of the staff: course, menu, language, theme, oneself. On a phone the menu opens over the page. */
export function Shell() {
  const { user } = useSession()
  if (!user) return <SignInFirst />
  return (
    <UserContext value={user}>
      <Signed />
    </UserContext>
  )
}

/** Nobody is signed in any more: the frame looks again, sends them to sign in, and then back to this page. */
function SignInFirst() {
  const router = useRouter()
  useEffect(() => void router.invalidate(), [router])
  return null
}

function Signed() {
  const { t } = useTranslation()
  const [opened, { toggle, close }] = useDisclosure()
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu over it
  useEffect(close, [pathname])
  const burger = useRef<HTMLButtonElement>(null)
  const leaveMenu = () => {
    if (!opened) return
    close()
    burger.current?.focus()
  }
  useHotkeys([['Escape', leaveMenu, { preventDefault: false }]])
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', sm: 'xl' }}
    >
      <AppShell.Header className="no-print">
        <Group h="100%" px="md" gap="xs" wrap="nowrap">
          <SkipLink />
          <Burger
            ref={burger}
            opened={opened}
            onClick={toggle}
            hiddenFrom="sm"
            size="sm"
            aria-label={t('app:menu')}
          />
          <TextLink to="/" fw={700} c="inherit" underline="never" visibleFrom="sm" mr="md">
            {t('app:name')}
          </TextLink>
          <CourseMenu />
          <Group gap={4} ml="auto" wrap="nowrap">
            <Preferences />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar
        p="sm"
        className="no-print"
        // A closed menu is no stop of the keyboard.
        visibleFrom={opened ? undefined : 'sm'}
        aria-label={t('app:menu')}
      >
        <ScrollArea>
          <Menu />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  )
}
