import { Alert, Divider, Spoiler, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '../../api/types.ts'
import { Code } from '../../parts/markdown/code.tsx'
import { Markdown } from '../../parts/markdown/markdown.tsx'
import { isMarked } from '../../parts/markdown/marked.ts'
import { type Part, type Turn, turnsOf } from './transcript.ts'
import classes from './turns.module.css'

/** As high as a screen: what is longer is opened by who wants to read it. */
const SHOWN_PX = 720

/** What was said, oldest first; what the client only sent along again stands apart. */
export function Turns({ conversation, name }: { conversation: Conversation; name: string }) {
  const { t } = useTranslation()
  const turns = turnsOf(conversation)
  const earlier = turns.filter(turn => turn.earlier)
  const own = turns.filter(turn => !turn.earlier)
  // A conversation that was kept does not change: places are as good as names.
  const show = (turn: Turn, index: number) => (
    <TurnArticle key={index} turn={turn} name={name} model={conversation.model} />
  )
  return (
    <Stack>
      {earlier.length > 0 && (
        <>
          <Divider label={t('conversations:reader.earlier')} labelPosition="left" />
          {earlier.map(show)}
          <Divider label={t('conversations:reader.own')} labelPosition="left" />
        </>
      )}
      {own.map(show)}
      {turns.length === 0 && (
        <Text c="dimmed">
          {conversation.erased ? t('conversations:erasedText') : t('conversations:noText')}
        </Text>
      )}
      <Ending conversation={conversation} />
    </Stack>
  )
}

function Ending({ conversation: { outcome, errorCode, answers } }: { conversation: Conversation }) {
  const { t } = useTranslation()
  const finish = answers.some(({ finishReason }) => finishReason === 'length')
  if (outcome === 'completed' && !finish) return null
  return (
    <Alert color={outcome === 'completed' || outcome === 'client_gone' ? 'gray' : 'red'} variant="light">
      {outcome === 'completed' ? t('conversations:reader.length') : t(`conversations:ended.${outcome}`)}
      {errorCode && (
        <Text size="sm" className="code">
          {errorCode}
        </Text>
      )}
    </Alert>
  )
}

function TurnArticle({ turn: { role, parts }, name, model }: { turn: Turn; name: string; model: string }) {
  const { t } = useTranslation()
  const who =
    role === 'student'
      ? name
      : role === 'model'
        ? t('conversations:role.model', { model })
        : t(`conversations:role.${role}`)
  return (
    <article className={classes.turn} data-role={role}>
      <Text size="sm" fw={600} mb={4}>
        {who}
      </Text>
      <Spoiler
        maxHeight={SHOWN_PX}
        showLabel={t('conversations:reader.showAll')}
        hideLabel={t('conversations:reader.showLess')}
      >
        <Stack gap="sm">
          {parts.map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: what was kept does not change
            <PartView key={index} part={part} marked={role === 'model'} />
          ))}
        </Stack>
      </Spoiler>
    </article>
  )
}

function PartView({ part, marked }: { part: Part; marked: boolean }) {
  const { t } = useTranslation()
  if (part.kind === 'text') {
    return marked || isMarked(part.text) ? (
      <Markdown text={part.text} />
    ) : (
      <Text className={classes.plain}>{part.text}</Text>
    )
  }
  if (part.kind === 'file') {
    return (
      <Text size="sm" c="dimmed">
        {t('conversations:reader.file', { file: part.text })}
      </Text>
    )
  }
  return (
    <div>
      {part.kind === 'call' && (
        <Text size="sm" c="dimmed" mb={4}>
          {t('conversations:reader.call', { name: part.name })}
        </Text>
      )}
      <Code text={part.text} />
    </div>
  )
}
