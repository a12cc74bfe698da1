import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Erasure } from '../../api/types.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { useStudentNames } from '../../parts/student-names.ts'
import { Receipt } from './receipt.tsx'

interface EraseDialogProps {
  student: string
  opened: boolean
  close: () => void
}

/** Deletes what a student wrote, after it was typed whose; what is left is a receipt. */
export function EraseDialog({ student, opened, close }: EraseDialogProps) {
  const { t } = useTranslation()
  const name = useStudentNames([student])(student)
  return (
    <Modal opened={opened} onClose={close} size="lg" title={t('conversations:erase.title', { name })}>
      <Erase student={student} close={close} />
    </Modal>
  )
}

function Erase({ student, close }: Omit<EraseDialogProps, 'opened'>) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [done, setDone] = useState<Erasure | null>(null)
  const finished = (receipt: Erasure) => {
    setDone(receipt)
    for (const queryKey of [['conversations'], ['conversation'], ['erasures', student]]) {
      void queries.invalidateQueries({ queryKey })
    }
  }
  if (!done) return <EraseForm student={student} close={close} finished={finished} />
  return (
    <Stack>
      <Text role="status">{t('conversations:erase.done')}</Text>
      <Receipt erasure={done} />
      <Group justify="flex-end">
        <Button onClick={close}>{t('app:close')}</Button>
      </Group>
    </Stack>
  )
}

interface EraseFormProps {
  student: string
  close: () => void
  finished: (receipt: Erasure) => void
}

function EraseForm({ student, close, finished }: EraseFormProps) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const erase = useMutation({
    mutationFn: () =>
      ask(
        api.POST('/api/students/{student}/erase', {
          params: { path: { student } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: finished,
  })
  const ready = typed.trim() === student && reason.trim() !== ''
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (ready) erase.mutate()
      }}
    >
      <Stack>
        <Text size="sm">{t('conversations:erase.what')}</Text>
        <Text size="sm">{t('conversations:erase.stays')}</Text>
        <ProblemAlert error={erase.error} />
        <Textarea
          label={t('conversations:erase.reason')}
          description={t('conversations:erase.reasonAbout')}
          maxLength={500}
          autosize
          minRows={2}
          required
          value={reason}
          onChange={event => setReason(event.currentTarget.value)}
        />
        <TextInput
          label={t('conversations:erase.confirm', { id: student })}
          autoComplete="off"
          required
          value={typed}
          onChange={event => setTyped(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="subtle" onClick={close}>
            {t('app:cancel')}
          </Button>
          <Button type="submit" color="red" disabled={!ready} loading={erase.isPending}>
            {t('conversations:erase.submit')}
          </Button>
        </Group>
        <EarlierReceipts student={student} />
      </Stack>
    </form>
  )
}

function EarlierReceipts({ student }: { student: string }) {
  const { t } = useTranslation()
  const { data } = useQuery({
    queryKey: ['erasures', student],
    queryFn: () => ask(api.GET('/api/students/{student}/erasures', { params: { path: { student } } })),
  })
  if (!data || data.items.length === 0) return null
  return (
    <details>
      <summary>{t('conversations:erase.earlier', { count: data.items.length })}</summary>
      <Stack mt="sm">
        {data.items.map(erasure => (
          <Receipt key={erasure.at} erasure={erasure} />
        ))}
      </Stack>
    </details>
  )
}
