import { Button, Checkbox, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { courseChoicesQuery } from '../../app/course-choices.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import type { Secret } from '../../parts/secret-once.tsx'
import { emailFault } from '../access/password.ts'
import { staffQuery } from './queries.ts'
import { type Role, RoleSelect } from './role-select.tsx'

/** Somebody new: a link is made, which the admin sends to them. */
export function Invite({ show }: { show: (link: Secret) => void }) {
  const { t } = useTranslation()
  const [opened, { open, close }] = useDisclosure()
  return (
    <>
      <Button onClick={open}>{t('staff:invite.open')}</Button>
      <Modal opened={opened} onClose={close} title={t('staff:invite.open')}>
        <InviteForm
          close={close}
          done={link => {
            close()
            show(link)
          }}
        />
      </Modal>
    </>
  )
}

function InviteForm({ close, done }: { close: () => void; done: (link: Secret) => void }) {
  const { t } = useTranslation()
  const { data: courses = [] } = useQuery(courseChoicesQuery)
  const form = useForm({
    initialValues: {
      name: '',
      email: '',
      isAdmin: false,
      course: null as string | null,
      role: 'owner' as Role,
    },
    validate: {
      name: value => (value.trim() ? null : t('staff:invite.noName')),
      email: value => (emailFault(value) ? t('staff:invite.noEmail') : null),
    },
  })
  const invite = useInvite(done)
  return (
    <form onSubmit={form.onSubmit(values => invite.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={invite.error} texts={{ conflict: t('staff:invite.taken') }} />
        <TextInput label={t('staff:invite.name')} data-autofocus {...form.getInputProps('name')} />
        <TextInput label={t('staff:invite.email')} type="email" {...form.getInputProps('email')} />
        <Select
          label={t('staff:invite.course')}
          data={courses.map(({ id, name }) => ({ value: id, label: name }))}
          searchable
          clearable
          {...form.getInputProps('course')}
        />
        {form.values.course && <RoleSelect {...form.getInputProps('role')} />}
        <Checkbox
          label={t('staff:invite.isAdmin')}
          description={t('staff:invite.isAdminAbout')}
          {...form.getInputProps('isAdmin', { type: 'checkbox' })}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('app:cancel')}
          </Button>
          <Button type="submit" loading={invite.isPending}>
            {t('staff:invite.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface Invitation {
  name: string
  email: string
  isAdmin: boolean
  course: string | null
  role: Role
}

function useInvite(done: (link: Secret) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ name, email, isAdmin, course, role }: Invitation) =>
      ask(
        api.POST('/api/staff', {
          body: {
            name: name.trim(),
            email: email.trim(),
            isAdmin,
            courses: course ? [{ id: course, role }] : [],
          },
        }),
      ),
    onSuccess: async ({ name, inviteUrl }) => {
      done({ name, value: inviteUrl })
      await queries.invalidateQueries({ queryKey: staffQuery.queryKey })
    },
  })
}
