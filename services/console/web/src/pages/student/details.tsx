import { Autocomplete, Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Student } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { showDone, showProblem } from '../../parts/notices.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { studentQuery } from './queries.ts'

/** Changing who a student is, and dropping them. */
export function Details({ student }: { student: Student }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [opened, { open, close }] = useDisclosure()
  const drop = useMutation({
    mutationFn: () =>
      ask(api.DELETE('/api/students/{student}', { params: { path: { student: student.id } } })),
    onSuccess: async dropped => {
      queries.setQueryData(studentQuery(student.id).queryKey, dropped)
      showDone(t('student:drop.done'))
      await queries.invalidateQueries({ queryKey: ['roster'] })
    },
    onError: showProblem,
  })
  return (
    <>
      <Button variant="default" onClick={open}>
        {t('student:edit.open')}
      </Button>
      <ConfirmButton
        variant="subtle"
        color="red"
        loading={drop.isPending}
        question={t('student:drop.question', { name: student.name })}
        about={t('student:drop.about')}
        action={t('student:drop.submit')}
        onConfirm={() => drop.mutate()}
      >
        {t('student:drop.submit')}
      </ConfirmButton>
      <Modal opened={opened} onClose={close} title={t('student:edit.open')}>
        <EditForm student={student} close={close} />
      </Modal>
    </>
  )
}

function EditForm({ student, close }: { student: Student; close: () => void }) {
  const { t } = useTranslation()
  const { groupTokens = {} } = useCourse()
  const queries = useQueryClient()
  const form = useForm({
    initialValues: { name: student.name, email: student.email, group: student.group ?? '' },
    validate: { name: value => (value.trim() ? null : t('roster:add.noName')) },
  })
  const save = useMutation({
    mutationFn: ({ name, email, group }: typeof form.values) =>
      ask(
        api.PATCH('/api/students/{student}', {
          params: { path: { student: student.id } },
          body: {
            name: name.trim(),
            ...(email.trim() && { email: email.trim() }),
            group: group.trim() || null,
          },
        }),
      ),
    onSuccess: async saved => {
      queries.setQueryData(studentQuery(student.id).queryKey, saved)
      close()
      await queries.invalidateQueries({ queryKey: ['roster'] })
      await queries.invalidateQueries({ queryKey: ['student', student.id, 'balance'] })
    },
  })
  return (
    <form onSubmit={form.onSubmit(values => save.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={save.error} texts={{ conflict: t('roster:add.taken') }} />
        <TextInput label={t('roster:column.name')} data-autofocus {...form.getInputProps('name')} />
        <TextInput label={t('roster:column.email')} type="email" {...form.getInputProps('email')} />
        <Autocomplete
          label={t('roster:add.group')}
          data={Object.keys(groupTokens)}
          {...form.getInputProps('group')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('app:cancel')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t('student:edit.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
