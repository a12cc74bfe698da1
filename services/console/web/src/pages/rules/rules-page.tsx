import { Button, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { Page } from '../../parts/page.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { NewRule } from './new-rule.tsx'
import { RuleCard } from './rule-card.tsx'
import { rulesQuery } from './rules.ts'
import { TryRules } from './try-rules.tsx'

/** What students may not ask, and what the model is told when they ask it. */
export function RulesPage() {
  const { t } = useTranslation()
  const { id } = useCourse()
  const { change } = useRights(id)
  const [adding, setAdding] = useState(false)
  const query = useQuery(rulesQuery(id))
  const add = change && <Button onClick={() => setAdding(true)}>{t('rules:add')}</Button>
  return (
    <Page title={t('rules:title')} about={t('rules:about')} actions={add}>
      <Shown query={query}>
        {rules =>
          rules.length > 0 ? (
            <Stack>
              {rules.map(rule => (
                <RuleCard key={rule.id} rule={rule} />
              ))}
              <TryRules />
            </Stack>
          ) : (
            <Empty title={t('rules:none.title')} text={t('rules:none.text')} />
          )
        }
      </Shown>
      {adding && <NewRule close={() => setAdding(false)} />}
    </Page>
  )
}
