import { Button, Group, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { useCourse } from '../../app/course.ts'
import { showDone } from '../../parts/notices.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { type Secret, SecretOnce } from '../../parts/secret-once.tsx'
import { emailFault } from '../access/password.ts'
import { courseStaffQuery } from './queries.ts'
import { type Role, RoleSelect } from './role-select.tsx'

/** Somebody comes to the staff of the course, by their e-mail; for who is new there is a link to be sent. */
export function AddMember() {
  const { t } = useTranslation()
  const [link, setLink] = useState<Secret | null>(null)
  const form = useForm({
    initialValues: { name: '', email: '', role: 'assistant' as Role },
    validate: {
      name: value => (value.trim() ? null : t('staff:invite.noName')),
      email: value => (emailFault(value) ? t('staff:invite.noEmail') : null),
    },
  })
  const add = useAdd(({ name, inviteUrl }) => {
    form.reset()
    if (inviteUrl) setLink({ name, value: inviteUrl })
    else showDone(t('staff:changed'))
  })
  return (
    <form onSubmit={form.onSubmit(values => add.mutate(values))} noValidate>
      <ProblemAlert error={add.error} />
      <Group align="flex-start">
        <TextInput
          label={t('staff:invite.name')}
          w={{ base: '100%', sm: 200 }}
          {...form.getInputProps('name')}
        />
        <TextInput
          label={t('staff:invite.email')}
          type="email"
          w={{ base: '100%', sm: 240 }}
          {...form.getInputProps('email')}
        />
        <RoleSelect w={{ base: '100%', sm: 160 }} {...form.getInputProps('role')} />
        <Button type="submit" loading={add.isPending} mt={{ base: 0, sm: 25 }}>
          {t('staff:course.add')}
        </Button>
      </Group>
      {link && <SecretOnce kind="link" {...link} close={() => setLink(null)} />}
    </form>
  )
}

function useAdd(done: (member: { name: string; inviteUrl: string | null }) => void) {
  const { id: course } = useCourse()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ name, email, role }: { name: string; email: string; role: Role }) =>
      ask(
        api.POST('/api/courses/{course}/staff', {
          params: { path: { course } },
          body: { name: name.trim(), email: email.trim(), role },
        }),
      ),
    onSuccess: async member => {
      done(member)
      await queries.invalidateQueries({ queryKey: courseStaffQuery(course).queryKey })
    },
  })
}
