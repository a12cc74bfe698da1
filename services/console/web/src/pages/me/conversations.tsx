import { Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OwnSummary } from '../../api/student.ts'
import { useFormat } from '../../app/format.ts'
import { ownTimezone } from '../../app/timezones.ts'
import { TextLink } from '../../parts/links.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Shown } from '../../parts/states.tsx'
import rows from '../conversations/rows.module.css'
import { plainOf } from '../conversations/transcript.ts'
import { ownConversationsQuery } from './queries.ts'
import { Section } from './section.tsx'

const TYPING_MS = 300

/** What was asked and answered, newest first. */
export function Conversations() {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [q] = useDebouncedValue(text.trim(), TYPING_MS)
  const query = useInfiniteQuery(ownConversationsQuery(q))
  return (
    <Section title={t('me:conversations.title')} about={t('me:conversations.about')}>
      <Stack>
        <TextInput
          type="search"
          aria-label={t('me:conversations.search')}
          placeholder={t('me:conversations.search')}
          maxLength={200}
          value={text}
          onChange={event => setText(event.currentTarget.value)}
        />
        <Shown query={query}>
          {({ pages }) => {
            const items = pages.flatMap(page => page.items)
            if (items.length > 0) return <Rows items={items} />
            return <Text>{q ? t('me:conversations.notFound') : t('me:conversations.none')}</Text>
          }}
        </Shown>
        <MoreButton query={query} />
      </Stack>
    </Section>
  )
}

function Rows({ items }: { items: OwnSummary[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <ul className={rows.rows} aria-label={t('me:conversations.title')}>
      {items.map(({ id, question, answer, startedAtMs, chargeTokens }) => (
        <li key={id} className={rows.row}>
          <TextLink
            to="/me/conversations/$id"
            params={{ id }}
            className={rows.link}
            c="inherit"
            fw={550}
            lineClamp={2}
          >
            {question.trim() || t('me:conversations.noText')}
          </TextLink>
          <Text size="sm" c="dimmed" lineClamp={1}>
            {plainOf(answer)}
          </Text>
          <Text size="xs" c="dimmed" mt={4}>
            {format.time(startedAtMs, ownTimezone())} ·{' '}
            {t('me:tokens', { count: chargeTokens, number: format.number(chargeTokens) })}
          </Text>
        </li>
      ))}
    </ul>
  )
}
