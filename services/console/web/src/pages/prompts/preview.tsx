import { Alert, Button, Stack, Text, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Answer, Body } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'

const PATH = '/api/courses/{course}/prompts/preview'

/** What the model would get for a question in a week if the text were published; nothing is. */
export function Preview({ text, week }: { text: string; week: number }) {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const [question, setQuestion] = useState(() => t('prompts:preview.sample'))
  const preview = useMutation({
    mutationFn: (body: Body<typeof PATH, 'post'>) =>
      ask(api.POST(PATH, { params: { path: { course } }, body })),
  })
  const { data, variables: of } = preview
  const isOfThis = of?.text === text && of.question === question && of.week === week
  const show = (event: FormEvent) => {
    event.preventDefault()
    preview.mutate({ text, question, week })
  }
  return (
    <form onSubmit={show}>
      <Stack align="flex-start">
        <Text c="dimmed">{t('prompts:preview.about')}</Text>
        <Textarea
          w="100%"
          label={t('prompts:preview.question')}
          autosize
          maxRows={10}
          maxLength={20_000}
          value={question}
          onChange={event => setQuestion(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={preview.isPending}
          disabled={text.trim() === '' || question.trim() === ''}
        >
          {t('prompts:preview.submit')}
        </Button>
        <ProblemAlert error={preview.error} />
        <div aria-live="polite">{data && isOfThis && <Result preview={data} week={week} />}</div>
      </Stack>
    </form>
  )
}

function Result({ preview, week }: { preview: Answer<typeof PATH, 'post'>; week: number }) {
  const { t } = useTranslation()
  const { messages, blockedWith, hits } = preview
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t('prompts:preview.hits', { count: hits.length, week })}
      </Text>
      {blockedWith !== null && (
        <Alert color="gray" variant="light" title={t('prompts:preview.blocked')} className="lines">
          {blockedWith}
        </Alert>
      )}
      {messages.map(({ role, content }) => (
        <article key={role}>
          <Text size="sm" fw={600}>
            {t(`prompts:preview.role.${role}`)}
          </Text>
          <Text className="lines" lang="">
            {content}
          </Text>
        </article>
      ))}
    </Stack>
  )
}
