import { Button } from '@mantine/core'
import Pause from 'lucide-react/icons/pause'
import Play from 'lucide-react/icons/play'
import { useTranslation } from 'react-i18next'
import type { Live } from './live.ts'

/** Says whether the page follows what happens, and lets it rest. */
export function LiveButton({ live: { state, toggle } }: { live: Live }) {
  const { t } = useTranslation()
  const paused = state === 'paused'
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={paused ? <Play size={14} /> : <Pause size={14} />}
      aria-pressed={paused}
      title={paused ? t('app:live.resume') : t('app:live.pause')}
      onClick={toggle}
    >
      {t(`app:live.${state}`)}
    </Button>
  )
}
