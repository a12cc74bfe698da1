import { Button, CloseButton, Group, TextInput } from '@mantine/core'
import Search from 'lucide-react/icons/search'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Filter } from './filter.ts'

/** Words of a question or an answer, looked for when they are sent: each search is written down. */
export function SearchField({ filter, change }: { filter: Filter; change: (filter: Filter) => void }) {
  const { t } = useTranslation()
  const { q, ...rest } = filter
  const [words, setWords] = useState(q ?? '')
  const search = (event: FormEvent) => {
    event.preventDefault()
    const wanted = words.trim()
    change(wanted ? { ...rest, q: wanted } : rest)
  }
  const clear = q !== undefined && (
    <CloseButton size="sm" aria-label={t('conversations:search.clear')} onClick={() => change(rest)} />
  )
  return (
    <search>
      <form onSubmit={search}>
        <Group gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            maw={640}
            maxLength={200}
            aria-label={t('conversations:search.label')}
            placeholder={t('conversations:search.label')}
            leftSection={<Search size={16} />}
            rightSection={clear || null}
            value={words}
            onChange={event => setWords(event.currentTarget.value)}
          />
          <Button type="submit">{t('conversations:search.submit')}</Button>
        </Group>
      </form>
    </search>
  )
}
