import { Text } from '@mantine/core'
import { diffWordsWithSpace } from 'diff'
import { useTranslation } from 'react-i18next'
import classes from './text-diff.module.css'

/** A text with what it had lost and gained against an older one, word by word. */
export function TextDiff({ before, after }: { before: string; after: string }) {
  const { t, i18n } = useTranslation()
  if (before === after) return <Text c="dimmed">{t('app:diff.same')}</Text>
  // Words of Chinese have no spaces between them: the browser knows them.
  const intlSegmenter = new Intl.Segmenter(i18n.language, { granularity: 'word' })
  let at = 0
  const parts = diffWordsWithSpace(before, after, { intlSegmenter }).map(part => {
    at += part.value.length
    return { ...part, key: `${at} ${part.added ? 'added' : part.removed ? 'removed' : ''}` }
  })
  return (
    <Text component="div" className={`lines ${classes.diff}`}>
      {parts.map(({ key, value, added, removed }) => {
        if (added) return <ins key={key}>{value}</ins>
        return removed ? <del key={key}>{value}</del> : <span key={key}>{value}</span>
      })}
    </Text>
  )
}
