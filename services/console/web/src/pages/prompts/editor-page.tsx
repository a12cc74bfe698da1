import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { Page } from '../../parts/page.tsx'
import { Shown } from '../../parts/states.tsx'
import { ALWAYS } from '../../parts/week-range.tsx'
import { EditorForm } from './editor-form.tsx'
import { versionsQuery } from './versions.ts'

/** A new version: empty, or beginning with an older one. */
export function EditorPage() {
  const { t } = useTranslation()
  const { id } = useCourse()
  const { from, week } = useSearch({ from: '/staff/courses/$course/prompts/new' })
  const query = useQuery(versionsQuery(id))
  return (
    <Page title={t('prompts:editor.title')} about={t('prompts:editor.about')}>
      <Shown query={query}>
        {versions => {
          const base = versions.find(({ version }) => version === from)
          const { fromWeek, toWeek } = base ?? (week ? { fromWeek: week, toWeek: week } : ALWAYS)
          return <EditorForm base={base} weeks={{ fromWeek, toWeek }} />
        }}
      </Shown>
    </Page>
  )
}
