import { Button, Menu, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import ChevronDown from 'lucide-react/icons/chevron-down'
import { useTranslation } from 'react-i18next'
import { MenuLink } from '../parts/links.tsx'
import { courseChoicesQuery } from './course-choices.ts'

/** Which course one is in, and the way to another one. */
export function CourseMenu() {
  const { t } = useTranslation()
  const { course } = useParams({ strict: false })
  const { data: choices = [] } = useQuery(courseChoicesQuery)
  const here = choices.find(({ id }) => id === course)
  return (
    <Menu position="bottom-start" width={280}>
      <Menu.Target>
        <Button variant="default" rightSection={<ChevronDown size={16} />} maw={{ base: 170, sm: 340 }}>
          <Text truncate inherit>
            {here?.name ?? course ?? t('app:course.choose')}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah="70vh" style={{ overflowY: 'auto' }}>
        {choices.map(({ id, name }) => (
          <MenuLink key={id} to="/courses/$course" params={{ course: id }}>
            <Text size="sm" fw={id === course ? 600 : 400}>
              {name}
            </Text>
            <Text size="xs" c="dimmed">
              {id}
            </Text>
          </MenuLink>
        ))}
        {choices.length > 0 && <Menu.Divider />}
        <MenuLink to="/courses">{t('app:course.all')}</MenuLink>
      </Menu.Dropdown>
    </Menu>
  )
}
