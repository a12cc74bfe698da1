import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** The first stop of the keyboard: past the menu, to `#main`. No link: another address would ask about what is not saved. */
export function SkipLink() {
  const { t } = useTranslation()
  return (
    <Button size="xs" className="skip-link" onClick={() => document.getElementById('main')?.focus()}>
      {t('app:skip')}
    </Button>
  )
}
