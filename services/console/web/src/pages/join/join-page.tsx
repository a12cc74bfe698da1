import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { JoinPreview } from '../../api/student.ts'
import { TextLink } from '../../parts/links.tsx'
import { useLinkToken } from '../access/token.ts'
import { PageTitle } from '../me/page-title.tsx'
import { meQuery } from '../me/queries.ts'
import { Section } from '../me/section.tsx'
import { CodeForm } from './code-form.tsx'
import { JoinForm } from './join-form.tsx'

/** Joining a course by a link: the code is in the address already. */
export function JoinPage() {
  const { t } = useTranslation()
  const code = useLinkToken()
  const { data: me } = useQuery(meQuery)
  const [found, setFound] = useState<(JoinPreview & { code: string }) | null>(null)
  const [left, setLeft] = useState(false)
  const back = () => {
    setFound(null)
    setLeft(true)
  }
  return (
    <>
      {me && (
        <Alert variant="light" color="blue">
          {t('join:already', { name: me.student.name, course: me.course.name })}{' '}
          <TextLink to="/me">{t('join:toPage')}</TextLink>
        </Alert>
      )}
      {found ? (
        <JoinForm found={found} back={back} />
      ) : (
        <>
          <PageTitle title={t('join:title')} />
          <Section title={t('join:code.title')} about={t('join:code.about')}>
            <CodeForm code={left ? '' : code} found={setFound} />
          </Section>
          {!me && <TextLink to="/me">{t('join:haveKey')}</TextLink>}
        </>
      )}
    </>
  )
}
