import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { sendChat } from '../../api/student.ts'
import { Talk } from '../../parts/chat/talk.tsx'
import { useChat } from '../../parts/chat/use-chat.ts'
import { Shown } from '../../parts/states.tsx'
import { chatCharged, settingsQuery } from './queries.ts'
import { Section } from './section.tsx'

const OWN = ['insufficient_quota', 'budget_in_use', 'course_closed', 'model_not_found'] as const

/** A simple chat, to try it. */
export function Chat() {
  const { t } = useTranslation()
  const query = useQuery(settingsQuery)
  const chat = useChat(sendChat, chatCharged)
  const problems = Object.fromEntries(OWN.map(code => [code, t(`me:problem.${code}`)]))
  return (
    <Section title={t('me:chat.title')} about={t('me:chat.about')}>
      <Shown query={query}>
        {({ models }) =>
          models.length > 0 ? (
            <Talk label={t('me:chat.title')} models={models} chat={chat} problems={problems} />
          ) : (
            <Text>{t('me:chat.noModels')}</Text>
          )
        }
      </Shown>
    </Section>
  )
}
