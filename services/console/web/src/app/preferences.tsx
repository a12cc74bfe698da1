import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import Check from 'lucide-react/icons/check'
import Languages from 'lucide-react/icons/languages'
import Moon from 'lucide-react/icons/moon'
import Sun from 'lucide-react/icons/sun'
import { useTranslation } from 'react-i18next'
import { chooseLanguage, LANGUAGES } from './i18n.ts'
import type { Language } from './language.ts'

/** Language and theme, remembered in this browser. */
export function Preferences() {
  const { t, i18n } = useTranslation()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const Icon = scheme === 'dark' ? Sun : Moon
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('app:language')}>
            <Languages size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {Object.entries(LANGUAGES).map(([language, name]) => (
            <Menu.Item
              key={language}
              lang={language}
              onClick={() => chooseLanguage(language as Language)}
              rightSection={language === i18n.language ? <Check size={16} /> : null}
            >
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t(scheme === 'dark' ? 'app:theme.light' : 'app:theme.dark')}
        onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
      >
        <Icon size={18} />
      </ActionIcon>
    </>
  )
}
