import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { Page } from '../../parts/page.tsx'

/** What a course is: calendar, models, limits. */
export function SettingsPage() {
  const { t } = useTranslation()
  const { name } = useCourse()
  return (
    <Page title={t('settings:title')} about={name}>
      {null}
    </Page>
  )
}
