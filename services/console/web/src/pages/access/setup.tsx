import { Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { setUp } from '../../api/session.ts'
import { CardTitle } from './card-title.tsx'
import { NewPassword } from './new-password.tsx'
import { useLinkToken } from './token.ts'

/** The first account of a new Lectern, by the link in its log. */
export function Setup() {
  const { t } = useTranslation()
  const token = useLinkToken()
  return (
    <Stack>
      <CardTitle title={t('access:setup.title')} about={t('access:setup.about')} />
      <NewPassword
        token={token}
        withPerson
        submit={t('access:setup.submit')}
        send={account => setUp({ token, ...account })}
      />
    </Stack>
  )
}
