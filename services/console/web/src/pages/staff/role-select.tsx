import { Select, type SelectProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export const ROLES = ['owner', 'assistant'] as const
export type Role = (typeof ROLES)[number]

/** Owner or assistant, with what each may do. */
export function RoleSelect(props: Omit<SelectProps, 'data'>) {
  const { t } = useTranslation()
  return (
    <Select
      label={t('staff:role.label')}
      data={ROLES.map(role => ({ value: role, label: t(`staff:role.${role}`) }))}
      allowDeselect={false}
      {...props}
    />
  )
}
