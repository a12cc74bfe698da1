import { Button, Paper, Stack } from '@mantine/core'
import Download from 'lucide-react/icons/download'
import { useTranslation } from 'react-i18next'
import type { Erasure } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { download } from '../../parts/download.ts'
import classes from './facts.module.css'

/** The proof that a student's texts were deleted: to read, and to keep as a file. */
export function Receipt({ erasure }: { erasure: Erasure }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { timezone } = useCourse()
  const { student, at, actor, reason, records, from, to, digest } = erasure
  const time = (instant: string) => format.time(instant, timezone)
  const save = () =>
    download(
      `erasure-${student}-${at.slice(0, 10)}.json`,
      JSON.stringify(erasure, null, 2),
      'application/json',
    )
  const facts: [string, string][] = [
    [t('conversations:receipt.student'), student],
    [t('conversations:receipt.at'), time(at)],
    [t('conversations:receipt.actor'), actor],
    [t('conversations:receipt.reason'), reason],
    [t('conversations:receipt.records'), format.number(records)],
    ...(from && to
      ? [[t('conversations:receipt.span'), `${time(from)} – ${time(to)}`] as [string, string]]
      : []),
    [t('conversations:receipt.digest'), digest],
  ]
  return (
    <Paper withBorder p="md">
      <Stack gap="sm" align="flex-start">
        <dl className={classes.facts}>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Button size="xs" variant="default" leftSection={<Download size={14} />} onClick={save}>
          {t('conversations:receipt.save')}
        </Button>
      </Stack>
    </Paper>
  )
}
