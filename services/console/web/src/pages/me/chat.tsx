import { Button, Group, NativeSelect, Stack, Text, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import Square from 'lucide-react/icons/square'
import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Shown } from '../../parts/states.tsx'
import { ChatProblem } from './chat-problem.tsx'
import { Message } from './message.tsx'
import { settingsQuery } from './queries.ts'
import { Section } from './section.tsx'
import { useChat } from './use-chat.ts'

/** A simple chat, to try it. */
export function Chat() {
  const { t } = useTranslation()
  const query = useQuery(settingsQuery)
  return (
    <Section title={t('me:chat.title')} about={t('me:chat.about')}>
      <Shown query={query}>
        {({ models }) =>
          models.length > 0 ? <Talk models={models} /> : <Text>{t('me:chat.noModels')}</Text>
        }
      </Shown>
    </Section>
  )
}

function Talk({ models }: { models: string[] }) {
  const { t } = useTranslation()
  const { messages, running, error, send, stop, clear } = useChat()
  const [chosen, setChosen] = useState<string | null>(null)
  const [question, setQuestion] = useState('')
  const model = chosen ?? models[0] ?? ''
  const waiting = running && messages.at(-1)?.role === 'user'
  const submit = async () => {
    const text = question.trim()
    if (text === '' || running) return
    setQuestion('')
    if (!(await send(model, text))) setQuestion(now => now || text)
  }
  return (
    <Stack gap="sm">
      {messages.length > 0 && (
        <Stack gap="sm" role="log" aria-label={t('me:chat.title')} aria-busy={running}>
          {messages.map(({ role, content }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: messages are only ever added
            <Message key={index} mine={role === 'user'} text={content} />
          ))}
          {waiting && (
            <Text size="sm" c="dimmed">
              {t('me:chat.waiting')}
            </Text>
          )}
        </Stack>
      )}
      <ChatProblem error={error} />
      <Question value={question} change={setQuestion} submit={submit}>
        <Group justify="space-between" align="flex-end" gap="sm">
          <NativeSelect
            aria-label={t('me:settings.model')}
            data={models}
            value={model}
            onChange={event => setChosen(event.currentTarget.value)}
          />
          <Group gap="xs" ml="auto">
            {messages.length > 0 && !running && (
              <Button variant="subtle" onClick={clear}>
                {t('me:chat.clear')}
              </Button>
            )}
            {running ? (
              <Button variant="default" leftSection={<Square size={14} />} onClick={stop}>
                {t('me:chat.stop')}
              </Button>
            ) : (
              <Button type="submit">{t('me:chat.send')}</Button>
            )}
          </Group>
        </Group>
      </Question>
    </Stack>
  )
}

interface QuestionProps {
  value: string
  change: (value: string) => void
  submit: () => unknown
  children: React.ReactNode
}

/** Enter sends, with Shift it begins a line; a word that is still being composed is not sent. */
function Question({ value, change, submit, children }: QuestionProps) {
  const { t } = useTranslation()
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    submit()
  }
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="sm">
        <Textarea
          aria-label={t('me:chat.question')}
          placeholder={t('me:chat.question')}
          autosize
          minRows={2}
          maxRows={10}
          maxLength={100_000}
          value={value}
          onChange={event => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {children}
      </Stack>
    </form>
  )
}
