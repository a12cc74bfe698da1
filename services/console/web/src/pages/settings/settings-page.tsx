import { Alert } from '@mantine/core'
import { useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useRights } from '../../app/session.ts'
import { Page } from '../../parts/page.tsx'
import { useUnsaved } from '../../parts/unsaved.tsx'
import { AnswersSection } from './answers-section.tsx'
import { BasicsSection } from './basics-section.tsx'
import { BudgetSection } from './budget-section.tsx'
import { CalendarSection } from './calendar-section.tsx'
import { GroupsSection } from './groups-section.tsx'
import { JoiningSection } from './joining-section.tsx'
import { KeepingSection } from './keeping-section.tsx'
import { LimitsSection } from './limits-section.tsx'
import { ModelsSection } from './models-section.tsx'
import { PricesSection } from './prices-section.tsx'
import { TellUnsaved } from './section.tsx'

/** What a course is: calendar, budget, models, limits. Each part is saved by itself. */
export function SettingsPage() {
  const { t } = useTranslation()
  const { id } = useCourse()
  const { change } = useRights(id)
  const { parts, tell } = useUnsavedParts()
  const { question } = useUnsaved(parts.length > 0, t('settings:leave', { parts: useFormat().list(parts) }))
  return (
    <Page title={t('settings:title')} about={t('settings:about')} narrow>
      {!change && <Alert color="gray">{t('settings:readOnly')}</Alert>}
      {/* Another course is other forms, not other values in these. */}
      <TellUnsaved value={tell}>
        <BasicsSection key={`basics ${id}`} />
        <CalendarSection key={`calendar ${id}`} />
        <BudgetSection key={`budget ${id}`} />
        <GroupsSection key={`groups ${id}`} />
        <JoiningSection key={`joining ${id}`} />
        <ModelsSection key={`models ${id}`} />
        <PricesSection key={`prices ${id}`} />
        <LimitsSection key={`limits ${id}`} />
        <KeepingSection key={`keeping ${id}`} />
        <AnswersSection key={`answers ${id}`} />
      </TellUnsaved>
      {question}
    </Page>
  )
}

/** The titles of the parts that are not saved, as they tell it. */
function useUnsavedParts() {
  const [parts, setParts] = useState<readonly string[]>([])
  const tell = useCallback((part: string, unsaved: boolean) => {
    setParts(now => {
      if (now.includes(part) === unsaved) return now
      return unsaved ? [...now, part] : now.filter(other => other !== part)
    })
  }, [])
  return { parts, tell }
}
