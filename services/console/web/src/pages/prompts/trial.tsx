import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client.ts'
import { toProblem } from '../../api/problem.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { Talk } from '../../parts/chat/talk.tsx'
import { type SendChat, useChat } from '../../parts/chat/use-chat.ts'
import { courseModelsQuery } from '../../parts/course-models.ts'
import { Shown } from '../../parts/states.tsx'

const PATH = '/api/courses/{course}/prompts/try'
const OWN = ['insufficient_quota', 'budget_in_use', 'model_not_found'] as const

/** A chat with a model that is told the text as it stands; nothing is published. */
export function Trial({ text, week }: { text: string; week: number }) {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const query = useQuery(courseModelsQuery(course))
  const { send, asked, left } = useSend({ course, text, week })
  const chat = useChat(send)
  const problems = Object.fromEntries(OWN.map(code => [code, t(`prompts:trial.problem.${code}`)]))
  const isChanged = chat.messages.length > 0 && asked !== text && text.trim() !== ''
  return (
    <Stack gap="sm">
      <div>
        <Text c="dimmed">{t('prompts:trial.about', { week })}</Text>
        <Text size="sm" c="dimmed">
          {t('prompts:trial.paid')}
        </Text>
      </div>
      <Shown query={query}>
        {({ items }) => {
          const usable = items.filter(({ allowed, operations }) => allowed && operations.includes('chat'))
          if (usable.length === 0) return <Text>{t('prompts:trial.noModels')}</Text>
          return (
            <Talk
              label={t('prompts:trial.title')}
              models={usable.map(({ name }) => name)}
              chat={chat}
              problems={problems}
              bounded
              blocked={text.trim() === '' ? t('prompts:trial.noText') : null}
            />
          )
        }}
      </Shown>
      <div aria-live="polite">
        {isChanged && <Text size="sm">{t('prompts:trial.changed')}</Text>}
        {left !== null && <Left tokens={left} />}
      </div>
    </Stack>
  )
}

function Left({ tokens }: { tokens: number }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <Text size="sm" c="dimmed">
      {t('prompts:trial.left', { tokens: format.number(tokens) })}
    </Text>
  )
}

/** Sends with the text as it is then. `asked`: the last one that was sent; `left`: what may still be spent, null: not known. */
function useSend({ course, text, week }: { course: string; text: string; week: number }) {
  const [asked, setAsked] = useState('')
  const [left, setLeft] = useState<number | null>(null)
  const send = useCallback<SendChat>(
    async (request, signal) => {
      setAsked(text)
      const body = { ...request, text, week }
      const { data, error, response } = await api.POST(PATH, {
        ...{ params: { path: { course } }, body, signal },
        parseAs: 'stream',
      })
      if (!response.ok || !data) throw toProblem(response, error)
      const remaining = response.headers.get('x-lectern-remaining-tokens')
      if (remaining !== null) setLeft(Number(remaining))
      return data
    },
    [course, text, week],
  )
  return { send, asked, left }
}
