import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { OwnUse } from '../../api/student.ts'
import { useFormat } from '../../app/format.ts'
import { Shown } from '../../parts/states.tsx'
import { useByDayQuery } from './queries.ts'
import { Section } from './section.tsx'
import classes from './use-by-day.module.css'

/** What was used on each of the last days, today first. */
export function UseByDay() {
  const { t } = useTranslation()
  const query = useQuery(useByDayQuery)
  return (
    <Section title={t('me:use.title')} about={t('me:use.about')}>
      <Shown query={query}>{({ items }) => <Days days={items.toReversed()} />}</Shown>
    </Section>
  )
}

function Days({ days }: { days: OwnUse }) {
  const { t } = useTranslation()
  const format = useFormat()
  const most = Math.max(1, ...days.map(({ tokens }) => tokens))
  if (days.every(({ requests }) => requests === 0)) return <Text>{t('me:use.none')}</Text>
  return (
    <table className={classes.days} aria-label={t('me:use.title')}>
      <thead>
        <tr>
          <th scope="col">{t('me:use.day')}</th>
          <th aria-hidden />
          <th scope="col" className="numeric">
            {t('me:use.tokens')}
          </th>
          <th scope="col" className="numeric">
            {t('me:use.requests')}
          </th>
        </tr>
      </thead>
      <tbody>
        {days.map(({ day, tokens, requests }) => (
          <tr key={day} data-none={requests === 0 || undefined}>
            <th scope="row">{format.shortDay(day)}</th>
            <td aria-hidden className={classes.bar}>
              <div style={{ width: `${(100 * tokens) / most}%` }} />
            </td>
            <td className="numeric">{format.number(tokens)}</td>
            <td className="numeric">{format.number(requests)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
