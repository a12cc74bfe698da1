import { Button, Stack, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../../api/client.ts'
import { type JoinPreview, studentApi } from '../../api/student.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'

interface CodeFormProps {
  /** Of a link: it is looked up without being asked to. */
  code?: string
  found: (preview: JoinPreview & { code: string }) => void
}

/** A join code, and whose it is. */
export function CodeForm({ code: given = '', found }: CodeFormProps) {
  const { t } = useTranslation()
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { code: given },
    validate: { code: isNotEmpty(t('join:code.missing')) },
  })
  const { mutate, error, isPending } = useMutation({
    mutationFn: async (code: string) => ({
      ...(await ask(studentApi.POST('/api/join/preview', { body: { code } }))),
      code,
    }),
    onSuccess: found,
  })
  useEffect(() => {
    if (given) mutate(given)
  }, [given, mutate])
  return (
    <form onSubmit={form.onSubmit(({ code }) => mutate(code.trim()))} noValidate>
      <Stack>
        <ProblemAlert
          error={error}
          texts={{ not_found: t('join:code.wrong'), too_many_attempts: t('join:tooMany') }}
        />
        <TextInput
          label={t('join:code.label')}
          placeholder="abc-def-ghi"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={40}
          key={form.key('code')}
          {...form.getInputProps('code')}
        />
        <Button type="submit" variant="default" loading={isPending}>
          {t('join:code.submit')}
        </Button>
      </Stack>
    </form>
  )
}
