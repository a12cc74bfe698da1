import { Stack, Textarea } from '@mantine/core'
import type { FormEvent, KeyboardEvent, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface QuestionProps {
  value: string
  change: (value: string) => void
  submit: () => unknown
  children: ReactNode
}

/** Enter sends, with Shift it begins a line; a word that is still being composed is not sent. */
export function Question({ value, change, submit, children }: QuestionProps) {
  const { t } = useTranslation()
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    submit()
  }
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="sm">
        <Textarea
          aria-label={t('chat:question')}
          placeholder={t('chat:question')}
          autosize
          minRows={2}
          maxRows={10}
          maxLength={100_000}
          value={value}
          onChange={event => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {children}
      </Stack>
    </form>
  )
}
