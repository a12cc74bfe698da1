import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import Square from 'lucide-react/icons/square'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ChatProblem } from './chat-problem.tsx'
import { Message } from './message.tsx'
import { Question } from './question.tsx'
import classes from './talk.module.css'
import type { ChatState } from './use-chat.ts'

interface TalkProps {
  /** What it is called. */
  label: string
  models: string[]
  chat: ChatState
  /** What codes mean for whoever asks here. */
  problems: Record<string, string>
  /** Why nothing can be asked just now. */
  blocked?: string | null
  /** On wide windows what was said scrolls by itself, so that the question stays in sight. */
  bounded?: boolean
}

/** A simple chat: what was said, and a question with its model. */
export function Talk({ label, models, chat, problems, blocked = null, bounded = false }: TalkProps) {
  const { t } = useTranslation()
  const { messages, running, error, send, stop, clear } = chat
  const [chosen, setChosen] = useState<string | null>(null)
  const [question, setQuestion] = useState('')
  const model = chosen ?? models[0] ?? ''
  const waiting = running && messages.at(-1)?.role === 'user'
  const submit = async () => {
    const text = question.trim()
    if (text === '' || running || blocked !== null) return
    setQuestion('')
    if (!(await send(model, text))) setQuestion(now => now || text)
  }
  return (
    <Stack gap="sm">
      {messages.length > 0 && (
        <div
          className={bounded ? classes.bounded : undefined}
          role="log"
          aria-label={label}
          aria-busy={running}
          tabIndex={bounded ? 0 : undefined}
        >
          <Stack gap="sm">
            {messages.map(({ role, content }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: messages are only ever added
              <Message key={index} mine={role === 'user'} text={content} />
            ))}
            {waiting && (
              <Text size="sm" c="dimmed">
                {t('chat:waiting')}
              </Text>
            )}
          </Stack>
        </div>
      )}
      <ChatProblem error={error} texts={problems} />
      <Question value={question} change={setQuestion} submit={submit}>
        {blocked !== null && (
          <Text size="sm" c="dimmed">
            {blocked}
          </Text>
        )}
        <Group justify="space-between" align="flex-end" gap="sm">
          <NativeSelect
            aria-label={t('chat:model')}
            data={models}
            value={model}
            onChange={event => setChosen(event.currentTarget.value)}
          />
          <Group gap="xs" ml="auto">
            {messages.length > 0 && !running && (
              <Button variant="subtle" onClick={clear}>
                {t('chat:clear')}
              </Button>
            )}
            {running ? (
              <Button variant="default" leftSection={<Square size={14} />} onClick={stop}>
                {t('chat:stop')}
              </Button>
            ) : (
              <Button type="submit" disabled={blocked !== null}>
                {t('chat:send')}
              </Button>
            )}
          </Group>
        </Group>
      </Question>
    </Stack>
  )
}
