import { Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { importRoster, type RosterUpload } from '../../api/import-roster.ts'
import type { RosterImport } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { Page } from '../../parts/page.tsx'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { ImportDone } from './import-done.tsx'
import { ImportPreview } from './import-preview.tsx'
import { ImportSource } from './import-source.tsx'

/** A roster is chosen, looked at, and only then brought in; the new keys are shown once. */
export function ImportPage() {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const [upload, setUpload] = useState<RosterUpload | null>(null)
  const { look, bring } = useImport(course)
  const choose = (part: Omit<RosterUpload, 'course'>) => {
    const next = { course, ...part }
    setUpload(next)
    look.mutate(next)
  }
  if (bring.data) return <ImportDone done={bring.data} />
  return (
    <Page title={t('roster:import.title')} about={t('roster:import.about')}>
      <Stack>
        <ProblemAlert error={look.error ?? bring.error} />
        {look.data && upload ? (
          <ImportPreview
            preview={look.data}
            replace={upload.replace}
            setReplace={replace => choose({ ...upload, replace })}
            looking={look.isPending}
            bringing={bring.isPending}
            bring={() => bring.mutate(upload)}
            back={() => {
              look.reset()
              bring.reset()
            }}
          />
        ) : (
          <ImportSource loading={look.isPending} choose={content => choose({ content, replace: false })} />
        )}
      </Stack>
    </Page>
  )
}

function useImport(course: string) {
  const queries = useQueryClient()
  // What was seen stays on the page while it is looked at again in another way.
  const [seen, setSeen] = useState<RosterImport | undefined>()
  const look = useMutation({
    mutationFn: (upload: RosterUpload) => importRoster(upload, true),
    onSuccess: setSeen,
  })
  const bring = useMutation({
    mutationFn: (upload: RosterUpload) => importRoster(upload, false),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['roster', course] }),
  })
  const reset = () => {
    look.reset()
    setSeen(undefined)
  }
  return { look: { ...look, data: seen, reset }, bring }
}
