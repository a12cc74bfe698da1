import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

/** Gives the window the title of its page. */
export function useWindowTitle(title: string): void {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${title} · ${t('app:name')}`
  }, [title, t])
}
