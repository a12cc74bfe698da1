import { Button, Code, Group, Mark, Paper, Stack, Text, Textarea, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Answer } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { useWeeksText } from '../../parts/week-range.tsx'
import { KindBadge } from './kind-badge.tsx'
import { piecesOf } from './marks.ts'

const PATH = '/api/courses/{course}/rules/test'

/** Which rules a question would hit, and where; nothing is sent to a model. */
export function TryRules() {
  const { t } = useTranslation()
  const { id: course } = useCourse()
  const [text, setText] = useState('')
  const found = useMutation({
    mutationFn: (question: string) =>
      ask(api.POST(PATH, { params: { path: { course } }, body: { text: question } })),
  })
  const find = (event: FormEvent) => {
    event.preventDefault()
    found.mutate(text)
  }
  return (
    <Paper withBorder p={{ base: 'md', sm: 'lg' }} component="section">
      <form onSubmit={find}>
        <Stack align="flex-start">
          <Title order={2}>{t('rules:try.title')}</Title>
          <Textarea
            w="100%"
            label={t('rules:try.question')}
            autosize
            minRows={2}
            maxRows={10}
            maxLength={20_000}
            value={text}
            onChange={event => setText(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={found.isPending} disabled={text.trim() === ''}>
            {t('rules:try.submit')}
          </Button>
          <ProblemAlert error={found.error} />
          <div aria-live="polite">
            {found.data && found.variables === text && <Hits text={text} hits={found.data.hits} />}
          </div>
        </Stack>
      </form>
    </Paper>
  )
}

function Hits({ text, hits }: { text: string; hits: Answer<typeof PATH, 'post'>['hits'] }) {
  const { t } = useTranslation()
  const weeksText = useWeeksText()
  if (hits.length === 0) return <Text>{t('rules:try.none')}</Text>
  const places = hits.flatMap(hit => hit.places)
  return (
    <Stack gap="sm">
      <Text className="lines" lang="">
        {piecesOf(text, places).map(piece =>
          piece.marked ? <Mark key={piece.at}>{piece.text}</Mark> : piece.text,
        )}
      </Text>
      {hits.map(({ rule }) => (
        <Group key={rule.id} gap="xs">
          <KindBadge kind={rule.kind} />
          <Code className="lines">{rule.pattern}</Code>
          <Text size="sm" c="dimmed">
            {weeksText(rule)}
          </Text>
        </Group>
      ))}
    </Stack>
  )
}
