import { Alert, Button, Checkbox, Group, ScrollArea, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask } from '../../api/client.ts'
import { faultsOf, Problem } from '../../api/problem.ts'
import { type JoinPreview, signInByKey, studentApi } from '../../api/student.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { emailFault } from '../access/password.ts'
import { useFreshKey } from '../me/fresh-key.ts'
import { PageTitle } from '../me/page-title.tsx'
import { meChanged } from '../me/queries.ts'
import { Section } from '../me/section.tsx'

interface JoinFormProps {
  found: JoinPreview & { code: string }
  back: () => void
}

/** Who joins, and that they accept the text of the course. Afterwards they have a key, and are signed in with it. */
export function JoinForm({ found, back }: JoinFormProps) {
  const { t } = useTranslation()
  const { course, consentText } = found
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '', email: '', consent: consentText === null },
    validate: {
      name: isNotEmpty(t('join:form.noName')),
      email: value => (emailFault(value) ? t('join:form.noEmail') : null),
      consent: value => (value ? null : t('join:form.noConsent')),
    },
  })
  const join = useJoin(found)
  return (
    <>
      <PageTitle title={t('join:form.title', { course: course.name })} about={t('join:form.about')} />
      <Section title={t('join:form.you')}>
        <form onSubmit={form.onSubmit(values => join.mutate(values))} noValidate>
          <Stack>
            <JoinProblem error={join.error} />
            <TextInput
              label={t('join:form.name')}
              autoComplete="name"
              maxLength={200}
              key={form.key('name')}
              {...form.getInputProps('name')}
            />
            <TextInput
              label={t('join:form.email')}
              description={t('join:form.emailAbout')}
              type="email"
              autoComplete="email"
              key={form.key('email')}
              {...form.getInputProps('email')}
            />
            {consentText !== null && (
              <>
                <Consent text={consentText} />
                <Checkbox
                  label={t('join:form.consent')}
                  key={form.key('consent')}
                  {...form.getInputProps('consent', { type: 'checkbox' })}
                />
              </>
            )}
            <Group justify="space-between">
              <Button variant="subtle" onClick={back}>
                {t('join:form.back')}
              </Button>
              <Button type="submit" loading={join.isPending}>
                {t('join:form.submit')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Section>
    </>
  )
}

function Consent({ text }: { text: string }) {
  const { t } = useTranslation()
  return (
    <Alert variant="light" color="gray" title={t('join:form.consentTitle')}>
      <ScrollArea.Autosize
        mah={280}
        type="auto"
        viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': t('join:form.consentTitle') }}
      >
        <Text size="sm" className="lines">
          {text}
        </Text>
      </ScrollArea.Autosize>
    </Alert>
  )
}

/** Refusals that can be told in words of here; the others say it themselves. */
function JoinProblem({ error }: { error: unknown }) {
  const { t } = useTranslation()
  const place = error instanceof Problem ? faultsOf(error)[0]?.place : undefined
  const refused: Record<string, string> = {
    email: t('join:refused.email'),
    consent: t('join:refused.consent'),
  }
  const invalid = place === undefined ? undefined : refused[place]
  return (
    <ProblemAlert
      error={error}
      texts={{
        ...(invalid && { invalid_request: invalid }),
        conflict: t('join:refused.taken'),
        not_found: t('join:code.wrong'),
        too_many_attempts: t('join:tooMany'),
      }}
    />
  )
}

function useJoin({ code, consentText, consentVersion }: JoinFormProps['found']) {
  const fresh = useFreshKey()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: async ({ name, email }: { name: string; email: string }) => {
      const read = consentText === null ? {} : { consent: true, ...(consentVersion && { consentVersion }) }
      const body = { code, name: name.trim(), email: email.trim(), ...read }
      const { key } = await ask(studentApi.POST('/api/join', { body }))
      // Shown first: whatever happens to the sign-in, the key is theirs.
      fresh.show(key)
      await signInByKey(key).then(meChanged, () => meChanged(null))
      await navigate({ to: '/me', replace: true })
    },
  })
}
