import { Paper, SimpleGrid, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Use } from '../../api/types.ts'
import { dayIn, placeOf, weekNumber, weeksOf } from '../../app/calendar.ts'
import { useNow } from '../../app/clock.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useWeekText } from '../../parts/week-text.ts'
import { changeOf } from './figures.ts'

/** The week in numbers, each with what it was the week before. */
export function Tiles({ use }: { use: Use }) {
  const { t } = useTranslation()
  const format = useFormat()
  const seconds = (ms: number) => t('use:seconds', { seconds: format.number(Math.round(ms / 100) / 10) })
  const changed = useChange(use)
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} spacing="sm">
      <Tile name={t('use:tile.requests')} value={format.number(use.requests)} small={changed('requests')} />
      <Tile
        name={t('use:tile.chargeTokens')}
        value={format.number(use.chargeTokens)}
        small={changed('chargeTokens')}
      />
      <Tile name={t('use:tile.students')} value={format.number(use.students)} small={changed('students')} />
      {use.cost !== null && (
        <Tile
          name={t('use:tile.cost')}
          value={format.money(use.cost, use.currency)}
          small={t('use:tile.costAbout')}
        />
      )}
      <Tile
        name={t('use:tile.nearLimit')}
        value={format.number(use.nearLimit.length)}
        small={t('use:tile.nearLimitAbout')}
      />
      <Tile name={t('use:tile.blocked')} value={format.number(use.blocked)} small={changed('blocked')} />
      <Tile name={t('use:tile.failed')} value={format.number(use.failed)} small={changed('failed')} />
      {use.p50Ms !== null && use.p95Ms !== null && (
        <Tile
          name={t('use:tile.firstToken')}
          value={seconds(use.p50Ms)}
          small={t('use:tile.firstTokenAbout', { most: seconds(use.p95Ms) })}
        />
      )}
    </SimpleGrid>
  )
}

function Tile({ name, value, small }: { name: string; value: string; small: string | null }) {
  return (
    <Paper withBorder p="md">
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text size="1.5rem" fw={650} lh={1.3} className="tabular">
        {value}
      </Text>
      {small && (
        <Text size="xs" c="dimmed">
          {small}
        </Text>
      )}
    </Paper>
  )
}

/** `Week 6: 1,234 (+12 %)`; of a week that is not over without the share, which would say nothing. */
function useChange(use: Use): (figure: Parameters<typeof changeOf>[1]) => string | null {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const nowMs = useNow()
  const weekOf = useWeekText()
  const weeks = weeksOf(course)
  const running = weekNumber(weeks, placeOf(weeks, dayIn(course.timezone, nowMs)))
  return figure => {
    const change = changeOf(use, figure, use.week !== running)
    if (!change) return null
    const texts = { week: weekOf(use.week - 1), before: format.number(change.before) }
    return change.share === null
      ? t('use:change.before', texts)
      : t('use:change.share', { ...texts, share: format.percentChange(change.share) })
  }
}
