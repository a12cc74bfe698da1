import { Button, Stack, Text, Title } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { changePassword } from '../../api/session.ts'
import { sessionChanged, useUser } from '../../app/session.ts'
import { showDone } from '../../parts/notices.ts'
import { Page } from '../../parts/page.tsx'
import { PasswordField } from '../../parts/password-field.tsx'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { passwordFault } from '../access/password.ts'

/** Who one is here, and one's password. */
export function AccountPage() {
  const { t } = useTranslation()
  const { name, email, isAdmin, courses } = useUser()
  return (
    <Page title={t('account:title')} narrow>
      <Stack gap={2}>
        <Text fw={600}>{name}</Text>
        <Text c="dimmed">{email}</Text>
        {isAdmin && <Text c="dimmed">{t('account:admin')}</Text>}
        {courses.map(course => (
          <Text key={course.id} c="dimmed">
            {t(`account:role.${course.role}`, { course: course.name })}
          </Text>
        ))}
      </Stack>
      <Stack>
        <Title order={2}>{t('account:password.title')}</Title>
        <PasswordForm />
      </Stack>
    </Page>
  )
}

function PasswordForm() {
  const { t } = useTranslation()
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { current: '', password: '', again: '' },
    validate: {
      current: isNotEmpty(t('access:password.missing')),
      password: value => (passwordFault(value) ? t('access:password.short') : null),
      again: (value, { password }) => (value === password ? null : t('access:password.differs')),
    },
  })
  const change = useMutation({
    mutationFn: ({ current, password }: typeof form.values) => changePassword({ current, password }),
    onSuccess: async () => {
      form.reset()
      showDone(t('account:password.changed'))
      await sessionChanged()
    },
  })
  const field = (name: keyof typeof form.values) => ({ ...form.getInputProps(name), key: form.key(name) })
  return (
    <form onSubmit={form.onSubmit(values => change.mutate(values))} noValidate>
      <Stack maw={400}>
        <ProblemAlert error={change.error} texts={{ wrong_credentials: t('account:password.wrong') }} />
        <PasswordField
          {...field('current')}
          label={t('account:password.current')}
          autoComplete="current-password"
        />
        <PasswordField
          {...field('password')}
          label={t('account:password.next')}
          description={t('access:password.advice')}
          autoComplete="new-password"
        />
        <PasswordField {...field('again')} label={t('access:again.label')} autoComplete="new-password" />
        <Button type="submit" loading={change.isPending} style={{ alignSelf: 'flex-start' }}>
          {t('account:password.submit')}
        </Button>
      </Stack>
    </form>
  )
}
