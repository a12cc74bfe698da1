import { Paper, Stack, Tabs, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useCourse } from '../../app/course.ts'
import { useRights } from '../../app/session.ts'
import { useWeekChoices } from '../../parts/week-choices.ts'
import type { Weeks } from '../../parts/week-range.tsx'
import classes from './editor-form.module.css'
import { Preview } from './preview.tsx'
import { Trial } from './trial.tsx'

/**
 * Tries a text that is not published, in the running week where it is for that, else in its first. An assistant only looks: asking
 * spends. An answer goes on while the other tab is looked at.
 */
export function TryPanel({ text, weeks }: { text: string; weeks: Weeks }) {
  const { t } = useTranslation()
  const { id } = useCourse()
  const { change } = useRights(id)
  const { now } = useWeekChoices()
  const running = Number(now ?? 0)
  const week = weeks.fromWeek <= running && running <= weeks.toWeek ? running : weeks.fromWeek
  return (
    <Paper withBorder p={{ base: 'md', sm: 'lg' }} component="section" className={classes.side}>
      <Stack>
        <Title order={2}>{t('prompts:preview.title')}</Title>
        {change ? (
          <Tabs defaultValue="preview" keepMountedMode="display-none">
            <Tabs.List>
              <Tabs.Tab value="preview">{t('prompts:preview.tab')}</Tabs.Tab>
              <Tabs.Tab value="trial">{t('prompts:trial.title')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="preview" pt="md">
              <Preview text={text} week={week} />
            </Tabs.Panel>
            <Tabs.Panel value="trial" pt="md">
              <Trial text={text} week={week} />
            </Tabs.Panel>
          </Tabs>
        ) : (
          <Preview text={text} week={week} />
        )}
      </Stack>
    </Paper>
  )
}
