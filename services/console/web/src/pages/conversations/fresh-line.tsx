import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../app/format.ts'
import type { Fresh } from './fresh.ts'

/** `3 new`: the way to what came while the list was read. */
export function FreshLine({ fresh: { ids, more }, show }: { fresh: Fresh; show: () => Promise<void> }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <div aria-live="polite">
      {ids.size > 0 && (
        <Button size="xs" variant="light" onClick={show}>
          {t('conversations:fresh', {
            count: ids.size,
            number: `${format.number(ids.size)}${more ? '+' : ''}`,
          })}
        </Button>
      )}
    </div>
  )
}
