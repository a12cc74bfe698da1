import { Autocomplete, Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Imported } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { SecretOnce } from '../../parts/secret-once.tsx'
import { emailFault } from '../access/password.ts'

/** One student more, and the key for them. */
export function AddStudent() {
  const { t } = useTranslation()
  const [opened, { open, close }] = useDisclosure()
  const [added, setAdded] = useState<Imported | null>(null)
  return (
    <>
      <Button variant="default" onClick={open}>
        {t('roster:add.open')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('roster:add.open')}>
        <AddForm
          close={close}
          done={student => {
            close()
            setAdded(student)
          }}
        />
      </Modal>
      {added && <SecretOnce kind="key" name={added.name} value={added.key} close={() => setAdded(null)} />}
    </>
  )
}

function AddForm({ close, done }: { close: () => void; done: (student: Imported) => void }) {
  const { t } = useTranslation()
  const { id: course, groupTokens = {} } = useCourse()
  const queries = useQueryClient()
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '', email: '', group: '' },
    validate: {
      name: value => (value.trim() ? null : t('roster:add.noName')),
      email: value => (emailFault(value) ? t('roster:add.noEmail') : null),
    },
  })
  const add = useMutation({
    mutationFn: ({ name, email, group }: { name: string; email: string; group: string }) => {
      const student = { name: name.trim(), email: email.trim(), ...(group.trim() && { group: group.trim() }) }
      return ask(
        api.POST('/api/courses/{course}/students', { params: { path: { course } }, body: [student] }),
      )
    },
    onSuccess: async ([student]) => {
      if (student) done(student)
      await queries.invalidateQueries({ queryKey: ['roster', course] })
    },
  })
  return (
    <form onSubmit={form.onSubmit(values => add.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={add.error} texts={{ conflict: t('roster:add.taken') }} />
        <TextInput
          label={t('roster:column.name')}
          data-autofocus
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        <TextInput
          label={t('roster:column.email')}
          type="email"
          key={form.key('email')}
          {...form.getInputProps('email')}
        />
        <Autocomplete
          label={t('roster:add.group')}
          data={Object.keys(groupTokens)}
          key={form.key('group')}
          {...form.getInputProps('group')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('app:cancel')}
          </Button>
          <Button type="submit" loading={add.isPending}>
            {t('roster:add.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
