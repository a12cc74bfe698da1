import { Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { acceptInvite } from '../../api/session.ts'
import { CardTitle } from './card-title.tsx'
import { NewPassword } from './new-password.tsx'
import { useLinkToken } from './token.ts'

/** Somebody was invited: only the password is left to choose. */
export function Invite() {
  const { t } = useTranslation()
  const token = useLinkToken()
  return (
    <Stack>
      <CardTitle title={t('access:invite.title')} about={t('access:invite.about')} />
      <NewPassword
        token={token}
        withPerson={false}
        submit={t('access:invite.submit')}
        send={({ password }) => acceptInvite({ token, password })}
      />
    </Stack>
  )
}
