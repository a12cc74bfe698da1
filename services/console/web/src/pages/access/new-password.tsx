import { Alert, Button, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { sessionChanged } from '../../app/session.ts'
import { PasswordField } from '../../parts/password-field.tsx'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { emailFault, passwordFault } from './password.ts'

export interface NewAccount {
  name: string
  email: string
  password: string
}

interface Props {
  /** The link's token; empty: the address was cut off somewhere. */
  token: string
  /** Ask for name and e-mail too, not only for a password. */
  withPerson: boolean
  submit: string
  send: (account: NewAccount) => Promise<unknown>
}

/** Chooses the password of a new account, and enters with it. */
export function NewPassword({ token, withPerson, submit, send }: Props) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '', email: '', password: '', again: '' },
    validate: {
      name: value => (withPerson && value.trim() === '' ? t('access:name.missing') : null),
      email: value => (withPerson && emailFault(value) ? t('access:email.wrong') : null),
      password: value => (passwordFault(value) ? t('access:password.short') : null),
      again: (value, { password }) => (value === password ? null : t('access:password.differs')),
    },
  })
  const enter = useMutation({
    mutationFn: async ({ name, email, password }: typeof form.values) => {
      await send({ name: name.trim(), email: email.trim(), password })
      await sessionChanged()
      await navigate({ to: '/', replace: true })
    },
  })
  if (token === '') return <Alert color="yellow">{t('access:link.incomplete')}</Alert>
  const field = (name: keyof typeof form.values) => ({
    label: t(`access:${name}.label`),
    key: form.key(name),
    ...form.getInputProps(name),
  })
  return (
    <form onSubmit={form.onSubmit(values => enter.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={enter.error} texts={{ wrong_credentials: t('access:link.used') }} />
        {withPerson && <TextInput {...field('name')} key="name" autoComplete="name" />}
        {withPerson && <TextInput {...field('email')} key="email" type="email" autoComplete="username" />}
        <PasswordField
          {...field('password')}
          key="password"
          autoComplete="new-password"
          description={t('access:password.advice')}
        />
        <PasswordField {...field('again')} key="again" autoComplete="new-password" />
        <Button type="submit" loading={enter.isPending}>
          {submit}
        </Button>
      </Stack>
    </form>
  )
}
