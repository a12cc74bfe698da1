import { Alert, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { OwnConversation } from '../../api/student.ts'
import { useFormat } from '../../app/format.ts'
import { ownTimezone } from '../../app/timezones.ts'
import { Message } from '../../parts/chat/message.tsx'
import { TextLink } from '../../parts/links.tsx'
import { Shown } from '../../parts/states.tsx'
import { turnsOf } from '../conversations/transcript.ts'
import { PageTitle } from './page-title.tsx'
import { meQuery, ownConversationQuery } from './queries.ts'
import { SignedOut } from './signed-out.tsx'

/** One conversation of one's own. */
export function ReaderPage() {
  const query = useQuery(meQuery)
  return <Shown query={query}>{me => (me ? <Reader /> : <SignedOut />)}</Shown>
}

function Reader() {
  const { t } = useTranslation()
  const { id } = useParams({ from: '/me/me/conversations/$id' })
  const query = useQuery(ownConversationQuery(id))
  return (
    <Stack>
      <TextLink to="/me">{t('me:reader.back')}</TextLink>
      <PageTitle title={t('me:reader.title')} />
      <Shown query={query}>{conversation => <Turns conversation={conversation} />}</Shown>
    </Stack>
  )
}

function Turns({ conversation }: { conversation: OwnConversation }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { startedAtMs, model, chargeTokens, outcome } = conversation
  // The prompt of the course and what tools said are not what was talked about.
  const turns = turnsOf(conversation).filter(({ role }) => role === 'student' || role === 'model')
  return (
    <>
      <Text size="sm" c="dimmed">
        {format.time(startedAtMs, ownTimezone())} · {model} ·{' '}
        {t('me:tokens', { count: chargeTokens, number: format.number(chargeTokens) })}
      </Text>
      {turns.map(({ role, parts }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what was kept does not change
        <Message key={index} mine={role === 'student'} text={parts.map(({ text }) => text).join('\n\n')} />
      ))}
      {outcome !== 'completed' && (
        <Alert color="gray" variant="light">
          {t(`me:ended.${outcome}`)}
        </Alert>
      )}
    </>
  )
}
