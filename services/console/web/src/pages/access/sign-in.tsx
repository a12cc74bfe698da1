import { returnPathOf } from '@lectern/shared/return-path.ts'
import { Alert, Button, Divider, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { signIn } from '../../api/session.ts'
import { sessionChanged, useSession } from '../../app/session.ts'
import { TextLink } from '../../parts/links.tsx'
import { PasswordField } from '../../parts/password-field.tsx'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { CardTitle } from './card-title.tsx'

/** Signing in with a password of here, or with the account of the university. */
export function SignIn() {
  const { t } = useTranslation()
  const { signIn: ways, needsSetup } = useSession()
  const { to } = useSearch({ from: '/public/sign-in' })
  return (
    <Stack>
      <CardTitle title={t('access:signIn.title')} />
      {needsSetup && <Alert color="yellow">{t('access:signIn.needsSetup')}</Alert>}
      <Failure />
      {ways.oidc && (
        <>
          <Button
            component="a"
            href={`/auth/oidc/start?${new URLSearchParams(to && { to })}`}
            variant="default"
            fullWidth
          >
            {t('access:signIn.with', { name: ways.oidc.name })}
          </Button>
          <Divider label={t('access:signIn.or')} />
        </>
      )}
      <PasswordForm />
      <Text size="sm" c="dimmed">
        {t('access:signIn.forgotten')}
      </Text>
      <TextLink to="/me" size="sm">
        {t('access:signIn.student')}
      </TextLink>
    </Stack>
  )
}

/** Why the university's sign-in has sent somebody back here. */
function Failure() {
  const { t, i18n } = useTranslation()
  const { error } = useSearch({ from: '/public/sign-in' })
  if (error === undefined) return null
  return (
    <Alert color="red" variant="light" role="alert">
      {i18n.exists(`access:failure.${error}`) ? t(`access:failure.${error}`) : t('access:failure.failed')}
    </Alert>
  )
}

function PasswordForm() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { to } = useSearch({ from: '/public/sign-in' })
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '', password: '' },
    validate: {
      email: isNotEmpty(t('access:email.missing')),
      password: isNotEmpty(t('access:password.missing')),
    },
  })
  const enter = useMutation({
    mutationFn: async ({ email, password }: typeof form.values) => {
      await signIn(email.trim(), password)
      await sessionChanged()
      await navigate({ to: returnPathOf(to), replace: true })
    },
  })
  return (
    <form onSubmit={form.onSubmit(values => enter.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={enter.error} texts={{ wrong_credentials: t('access:signIn.wrong') }} />
        <TextInput
          label={t('access:email.label')}
          type="email"
          autoComplete="username"
          autoFocus
          key={form.key('email')}
          {...form.getInputProps('email')}
        />
        <PasswordField
          label={t('access:password.label')}
          autoComplete="current-password"
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={enter.isPending}>
          {t('access:signIn.submit')}
        </Button>
      </Stack>
    </form>
  )
}
