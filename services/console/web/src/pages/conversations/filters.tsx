import { Button, Collapse, Group, Pill, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import SlidersHorizontal from 'lucide-react/icons/sliders-horizontal'
import { useTranslation } from 'react-i18next'
import { type Filter, setOf } from './filter.ts'
import { FilterPanel } from './filter-panel.tsx'
import { useFilterTexts } from './filter-texts.ts'

interface FiltersProps {
  filter: Filter
  change: (filter: Filter) => void
}

/** Which filters are set, each with its way out, and the panel in which they are chosen. */
export function Filters({ filter, change }: FiltersProps) {
  const { t } = useTranslation()
  const [opened, { toggle }] = useDisclosure()
  const textOf = useFilterTexts(filter)
  const set = setOf(filter)
  const without = (name: keyof Filter) => {
    const { [name]: _, ...rest } = filter
    change(rest)
  }
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          leftSection={<SlidersHorizontal size={14} />}
          aria-expanded={opened}
          aria-controls="filters"
          onClick={toggle}
        >
          {t('conversations:filter.open')}
        </Button>
        {set.map(name => (
          <Pill
            key={name}
            size="md"
            withRemoveButton
            removeButtonProps={{
              'aria-label': t('conversations:filter.remove', { name: textOf(name) }),
              'aria-hidden': false,
              tabIndex: 0,
            }}
            onRemove={() => without(name)}
          >
            {textOf(name)}
          </Pill>
        ))}
      </Group>
      <Collapse id="filters" expanded={opened}>
        <FilterPanel filter={filter} change={change} />
      </Collapse>
    </Stack>
  )
}
