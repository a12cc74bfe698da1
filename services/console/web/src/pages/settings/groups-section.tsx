import { ActionIcon, Button, Group, NumberInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import Plus from 'lucide-react/icons/plus'
import X from 'lucide-react/icons/x'
import { useTranslation } from 'react-i18next'
import type { Course } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { Section } from './section.tsx'

interface GroupRow {
  row: string
  name: string
  tokens: number | string
}

const fromCourse = ({ groupTokens = {} }: Course) => ({
  groups: Object.entries(groupTokens).map(([name, tokens]): GroupRow => ({ row: name, name, tokens })),
})

/** Groups whose students get another weekly budget than the others. */
export function GroupsSection() {
  const { t } = useTranslation()
  const course = useCourse()
  const form = useForm({
    initialValues: fromCourse(course),
    validate: ({ groups }) => {
      const names = groups.map(({ name }) => name.trim())
      return Object.fromEntries([
        ...groups.flatMap(({ row }, index) => {
          const name = names[index] ?? ''
          if (name === '') return [[`name.${row}`, t('settings:groups.noName')]]
          return names.indexOf(name) < index ? [[`name.${row}`, t('settings:groups.twice')]] : []
        }),
        ...groups.flatMap(({ row, tokens }) =>
          tokens === '' ? [[`tokens.${row}`, t('settings:missingNumber')]] : [],
        ),
      ])
    },
  })
  const { groups } = form.values
  const change = (row: string, part: Partial<GroupRow>) =>
    form.setFieldValue(
      'groups',
      groups.map(group => (group.row === row ? { ...group, ...part } : group)),
    )
  const add = () =>
    form.setFieldValue('groups', [
      ...groups,
      { row: crypto.randomUUID(), name: '', tokens: course.weeklyTokens },
    ])
  return (
    <Section
      title={t('settings:groups.title')}
      about={t('settings:groups.about')}
      form={form}
      toPatch={values => ({
        groupTokens: Object.fromEntries(
          values.groups.map(({ name, tokens }) => [name.trim(), Number(tokens)]),
        ),
      })}
      fromCourse={fromCourse}
    >
      <Stack gap="xs">
        {groups.map(({ row, name, tokens }) => (
          <Group key={row} align="flex-end" gap="xs">
            <TextInput
              label={t('settings:groups.name')}
              value={name}
              maxLength={100}
              error={form.errors[`name.${row}`]}
              onChange={event => change(row, { name: event.currentTarget.value })}
            />
            <NumberInput
              label={t('settings:groups.tokens')}
              value={tokens}
              min={0}
              allowDecimal={false}
              thousandSeparator
              error={form.errors[`tokens.${row}`]}
              onChange={value => change(row, { tokens: value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t('settings:groups.remove', { name })}
              onClick={() =>
                form.setFieldValue(
                  'groups',
                  groups.filter(group => group.row !== row),
                )
              }
            >
              <X size={18} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="default"
          leftSection={<Plus size={16} />}
          onClick={add}
          style={{ alignSelf: 'flex-start' }}
        >
          {t('settings:groups.add')}
        </Button>
      </Stack>
    </Section>
  )
}
