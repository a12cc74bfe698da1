import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { type Me, signOutStudent } from '../../api/student.ts'
import { showProblem } from '../../parts/notices.ts'
import { Chat } from './chat.tsx'
import { Conversations } from './conversations.tsx'
import { useFreshKey } from './fresh-key.ts'
import { KeyCard } from './key-card.tsx'
import { Left } from './left.tsx'
import { PageTitle } from './page-title.tsx'
import { meChanged } from './queries.ts'
import { Settings } from './settings.tsx'
import { UseByDay } from './use-by-day.tsx'

/** All that a student needs, the most wanted first. */
export function SignedIn({ me }: { me: NonNullable<Me> }) {
  const { t } = useTranslation()
  const fresh = useFreshKey()
  const leave = useMutation({
    mutationFn: signOutStudent,
    onSuccess: () => {
      fresh.forget()
      meChanged(null)
    },
    onError: showProblem,
  })
  return (
    <>
      <PageTitle
        title={me.course.name}
        about={t('me:hello', { name: me.student.name })}
        actions={
          <Button variant="default" size="xs" loading={leave.isPending} onClick={() => leave.mutate()}>
            {t('me:signOut')}
          </Button>
        }
      />
      <Left />
      <Chat />
      <Settings />
      <UseByDay />
      <Conversations />
      <KeyCard me={me} />
    </>
  )
}
