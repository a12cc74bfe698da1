import { Text } from '@mantine/core'
import { useDeferredValue } from 'react'
import { useTranslation } from 'react-i18next'
import { Markdown } from '../markdown/markdown.tsx'
import { isMarked } from '../markdown/marked.ts'
import classes from './message.module.css'

/** One message: what a model wrote is drawn as it meant it, a question as it was written. */
export function Message({ mine, text }: { mine: boolean; text: string }) {
  const { t } = useTranslation()
  // An answer that grows must not keep anybody from typing.
  const shown = useDeferredValue(text)
  return (
    <article className={classes.message} data-mine={mine || undefined}>
      <Text size="sm" fw={600} mb={4}>
        {mine ? t('chat:you') : t('chat:answer')}
      </Text>
      {mine && !isMarked(shown) ? <Text className={classes.plain}>{shown}</Text> : <Markdown text={shown} />}
    </article>
  )
}
