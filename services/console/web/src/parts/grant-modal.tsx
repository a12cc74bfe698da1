import { Button, Group, Modal, NumberInput, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useCourse } from '../app/course.ts'
import { useFormat } from '../app/format.ts'
import { showDone } from './notices.ts'
import { ProblemAlert } from './problem-alert.tsx'
import { useWeekChoices } from './week-choices.ts'

interface GrantModalProps {
  to: { students: string[] } | { all: true }
  /** How many are chosen; null: all of the course; left out: the one whose page it is. */
  count?: number | null
  done?: () => void
}

/** More tokens for many at once, with a reason that stays in the ledger. */
export function GrantModal({ to, count, done }: GrantModalProps) {
  const { t } = useTranslation()
  const [opened, { open, close }] = useDisclosure()
  const title =
    count === undefined ? t('grant:one') : count === null ? t('grant:all') : t('grant:some', { count })
  return (
    <>
      <Button variant="default" onClick={open}>
        {title}
      </Button>
      <Modal opened={opened} onClose={close} title={title}>
        <GrantForm
          to={to}
          close={close}
          done={() => {
            close()
            done?.()
          }}
        />
      </Modal>
    </>
  )
}

function GrantForm({ to, close, done }: { to: GrantModalProps['to']; close: () => void; done: () => void }) {
  const { t } = useTranslation()
  const weeks = useWeekChoices()
  const grant = useGrant(to, done)
  const form = useForm({
    initialValues: { tokens: '' as number | string, week: weeks.now, reason: '' },
    validate: {
      tokens: value => (value === '' || Number(value) === 0 ? t('grant:noTokens') : null),
      week: value => (value === null ? t('grant:noWeek') : null),
      reason: value => (value.trim() ? null : t('grant:noReason')),
    },
  })
  return (
    <form onSubmit={form.onSubmit(values => grant.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={grant.error} />
        <NumberInput
          label={t('grant:tokens')}
          description={t('grant:tokensAbout')}
          allowDecimal={false}
          thousandSeparator
          data-autofocus
          {...form.getInputProps('tokens')}
        />
        <Select
          label={t('grant:week')}
          data={weeks.choices}
          allowDeselect={false}
          {...form.getInputProps('week')}
        />
        <TextInput
          label={t('grant:reason')}
          description={t('grant:reasonAbout')}
          maxLength={500}
          {...form.getInputProps('reason')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('app:cancel')}
          </Button>
          <Button type="submit" loading={grant.isPending}>
            {t('grant:submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function useGrant(to: GrantModalProps['to'], done: () => void) {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const format = useFormat()
  const queries = useQueryClient()
  // The same for each try of this window: what was granted by an answer that got lost is not granted twice.
  const [grantId] = useState(() => crypto.randomUUID())
  return useMutation({
    mutationFn: ({
      tokens,
      week,
      reason,
    }: {
      tokens: number | string
      week: string | null
      reason: string
    }) =>
      ask(
        api.POST('/api/courses/{course}/grants', {
          params: { path: { course }, header: { 'idempotency-key': grantId } },
          body: { ...to, tokens: Number(tokens), week: Number(week), reason: reason.trim() },
        }),
      ),
    onSuccess: async ({ students, tokens }) => {
      showDone(t('grant:done', { count: students, tokens: format.number(tokens) }))
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['roster', course] }),
        queries.invalidateQueries({ queryKey: ['student'] }),
      ])
      done()
    },
  })
}
