import { Button, CloseButton, Group, Stack, Text, Textarea, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import type { Note } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { useUser } from '../../app/session.ts'
import { showProblem } from '../../parts/notices.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'
import { Shown } from '../../parts/states.tsx'
import { changeShown, notesQuery } from './queries.ts'
import classes from './turns.module.css'

/** What staff wrote about a conversation, for each other. */
export function Notes({ id }: { id: string }) {
  const { t } = useTranslation()
  return (
    <section aria-labelledby="notes">
      <Title order={2} size="h4" id="notes" mb="sm">
        {t('conversations:notes.title')}
      </Title>
      <Shown query={useQuery(notesQuery(id))}>
        {({ items }) => (
          <Stack gap="sm">
            {items.map(note => (
              <NoteView key={note.id} note={note} />
            ))}
            <NewNote id={id} />
          </Stack>
        )}
      </Shown>
    </section>
  )
}

function NoteView({ note: { id: note, conversationId: id, author, text, createdAt } }: { note: Note }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { timezone } = useCourse()
  const { email } = useUser()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () =>
      ask(api.DELETE('/api/conversations/{id}/notes/{note}', { params: { path: { id, note } } })),
    onSuccess: () => {
      changeShown(queries, id, ({ notes = 1 }) => ({ notes: notes - 1 }))
      return queries.invalidateQueries({ queryKey: notesQuery(id).queryKey })
    },
    onError: showProblem,
  })
  return (
    <div>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="xs" c="dimmed">
          {author} · {format.time(createdAt, timezone)}
        </Text>
        {author === email && (
          <CloseButton
            size="sm"
            aria-label={t('conversations:notes.remove')}
            title={t('conversations:notes.remove')}
            disabled={remove.isPending}
            onClick={() => remove.mutate()}
          />
        )}
      </Group>
      <Text size="sm" className={classes.plain}>
        {text}
      </Text>
    </div>
  )
}

function NewNote({ id }: { id: string }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [text, setText] = useState('')
  const add = useMutation({
    mutationFn: () =>
      ask(
        api.POST('/api/conversations/{id}/notes', { params: { path: { id } }, body: { text: text.trim() } }),
      ),
    onSuccess: () => {
      setText('')
      changeShown(queries, id, ({ notes = 0 }) => ({ notes: notes + 1 }))
      return queries.invalidateQueries({ queryKey: notesQuery(id).queryKey })
    },
  })
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (text.trim()) add.mutate()
      }}
    >
      <Stack gap="xs" align="flex-start">
        <Textarea
          w="100%"
          autosize
          minRows={2}
          maxRows={10}
          maxLength={4000}
          label={t('conversations:notes.new')}
          value={text}
          onChange={event => setText(event.currentTarget.value)}
        />
        <ProblemAlert error={add.error} />
        <Button type="submit" size="xs" variant="default" loading={add.isPending} disabled={!text.trim()}>
          {t('conversations:notes.add')}
        </Button>
      </Stack>
    </form>
  )
}
