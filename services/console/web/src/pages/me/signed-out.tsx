import { Button, Stack } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type JoinPreview, signInByKey } from '../../api/student.ts'
import { TextLink } from '../../parts/links.tsx'
import { PasswordField } from '../../parts/password-field.tsx'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { CodeForm } from '../join/code-form.tsx'
import { JoinForm } from '../join/join-form.tsx'
import { PageTitle } from './page-title.tsx'
import { meChanged } from './queries.ts'
import { Section } from './section.tsx'

/** Nobody has signed in: by the key, or with a code as somebody new. */
export function SignedOut() {
  const { t } = useTranslation()
  const [found, setFound] = useState<(JoinPreview & { code: string }) | null>(null)
  if (found) return <JoinForm found={found} back={() => setFound(null)} />
  return (
    <>
      <PageTitle title={t('me:welcome.title')} about={t('me:welcome.about')} />
      <Section title={t('me:signIn.title')} about={t('me:signIn.about')}>
        <KeyForm />
      </Section>
      <Section title={t('join:code.title')} about={t('join:code.about')}>
        <CodeForm found={setFound} />
      </Section>
      <TextLink to="/" size="sm">
        {t('me:welcome.staff')}
      </TextLink>
    </>
  )
}

function KeyForm() {
  const { t } = useTranslation()
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { key: '' },
    validate: { key: isNotEmpty(t('me:signIn.missing')) },
  })
  const enter = useMutation({
    mutationFn: ({ key }: typeof form.values) => signInByKey(key.trim()),
    onSuccess: meChanged,
  })
  return (
    <form onSubmit={form.onSubmit(values => enter.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={enter.error} texts={{ invalid_api_key: t('me:signIn.wrong') }} />
        <PasswordField
          label={t('me:signIn.key')}
          placeholder="ln_…"
          autoComplete="current-password"
          key={form.key('key')}
          {...form.getInputProps('key')}
        />
        <Button type="submit" loading={enter.isPending}>
          {t('me:signIn.submit')}
        </Button>
      </Stack>
    </form>
  )
}
