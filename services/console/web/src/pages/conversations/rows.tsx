import { isTrialAccount } from '@lectern/shared/trial.ts'
import { Badge, Group, Text } from '@mantine/core'
import Flag from 'lucide-react/icons/flag'
import StickyNote from 'lucide-react/icons/sticky-note'
import { useTranslation } from 'react-i18next'
import type { ConversationSummary } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { TextLink } from '../../parts/links.tsx'
import { useStudentNames } from '../../parts/student-names.ts'
import type { Filter } from './filter.ts'
import { OutcomeBadge } from './outcome-badge.tsx'
import classes from './rows.module.css'
import { plainOf } from './transcript.ts'

/** The list: each conversation by how it begins, with who, when and how it ended. */
export function Rows({ items, filter }: { items: ConversationSummary[]; filter: Filter }) {
  const { t } = useTranslation()
  const nameOf = useStudentNames(items.map(({ studentId }) => studentId))
  return (
    <ul className={classes.rows} aria-label={t('conversations:title')}>
      {items.map(item => (
        <li key={item.id} className={classes.row}>
          <Row item={item} filter={filter} name={nameOf(item.studentId)} />
        </li>
      ))}
    </ul>
  )
}

function Row({ item, filter, name }: { item: ConversationSummary; filter: Filter; name: string }) {
  const { t } = useTranslation()
  const { id: course, timezone } = useCourse()
  const format = useFormat()
  return (
    <>
      <TextLink
        to="/courses/$course/conversations/$id"
        params={{ course, id: item.id }}
        search={filter}
        className={classes.link}
        c="inherit"
        fw={550}
        lineClamp={2}
      >
        {item.erased ? t('conversations:erased') : item.question.trim() || t('conversations:noText')}
      </TextLink>
      {item.answer.trim() && (
        <Text size="sm" c="dimmed" lineClamp={1}>
          {plainOf(item.answer)}
        </Text>
      )}
      <Group gap={8} mt={4}>
        <Text size="xs" fw={500}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {format.time(item.startedAtMs, timezone)}
        </Text>
        <Text size="xs" c="dimmed">
          {item.model}
        </Text>
        <Text size="xs" c="dimmed">
          {t('conversations:tokens', { count: item.chargeTokens, number: format.number(item.chargeTokens) })}
        </Text>
        {item.outcome !== 'completed' && <OutcomeBadge outcome={item.outcome} />}
        <Marks item={item} />
      </Group>
    </>
  )
}

function Marks({ item: { studentId, flagged, notes = 0 } }: { item: ConversationSummary }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <>
      {isTrialAccount(studentId) && (
        <Badge size="sm" variant="light" color="gray" c="inherit">
          {t('conversations:trial.mark')}
        </Badge>
      )}
      {flagged && (
        <Badge size="sm" variant="default" leftSection={<Flag size={11} fill="orange" />}>
          {t('conversations:flagged')}
        </Badge>
      )}
      {notes > 0 && (
        <Badge size="sm" variant="default" leftSection={<StickyNote size={11} />}>
          {t('conversations:notes.count', { count: notes, number: format.number(notes) })}
        </Badge>
      )}
    </>
  )
}
