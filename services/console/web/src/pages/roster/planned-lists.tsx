import { Accordion, Badge, Group, List, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RosterImport } from '../../api/types.ts'

/** More names than these nobody reads before importing; the number says the rest. */
const MOST_SHOWN = 100

type Person = { name: string; email: string; group: string | null }
const inWords = ({ name, email, group }: Person) => [name, email, group].filter(Boolean).join(' · ')

/** Who would be added, changed and dropped. */
export function PlannedLists({ preview: { added, changed, dropped } }: { preview: RosterImport }) {
  const lists = [
    { kind: 'added', color: 'teal', lines: added.map(inWords) },
    {
      kind: 'changed',
      color: 'blue',
      lines: changed.map(({ before, after }) => `${inWords(before)} → ${inWords(after)}`),
    },
    { kind: 'dropped', color: 'red', lines: dropped.map(inWords) },
  ].filter(({ lines }) => lines.length > 0)
  if (lines(lists) === 0) return null
  return (
    <Accordion multiple variant="separated" defaultValue={lists.map(({ kind }) => kind)} order={2}>
      {lists.map(list => (
        <Planned key={list.kind} {...list} />
      ))}
    </Accordion>
  )
}

const lines = (lists: { lines: string[] }[]) => lists.reduce((sum, list) => sum + list.lines.length, 0)

function Planned({ kind, color, lines: all }: { kind: string; color: string; lines: string[] }) {
  const { t } = useTranslation()
  const hidden = all.length - MOST_SHOWN
  return (
    <Accordion.Item value={kind}>
      <Accordion.Control>
        <Group gap="xs">
          <Text fw={600}>{t(`roster:import.kind.${kind}`)}</Text>
          <Badge color={color} variant="light">
            {all.length}
          </Badge>
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <List size="sm" spacing={2} listStyleType="none">
          {all.slice(0, MOST_SHOWN).map(line => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
        {hidden > 0 && (
          <Text size="sm" c="dimmed" mt="xs">
            {t('roster:import.more', { count: hidden })}
          </Text>
        )}
      </Accordion.Panel>
    </Accordion.Item>
  )
}
