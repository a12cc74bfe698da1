import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'

interface Unsaved {
  /** The question, to be drawn. */
  question: ReactNode
  /** Closes what has no address of its own, a dialog: at once, or after the question. */
  leave: (close: () => void) => void
}

/** Asks before a page or a dialog with something unsaved is left; `about`: what would be lost. A closed window asks by itself. */
export function useUnsaved(unsaved: boolean, about: string): Unsaved {
  const { t } = useTranslation()
  const [close, setClose] = useState<(() => void) | null>(null)
  const blocked = useBlocker({
    shouldBlockFn: () => unsaved,
    enableBeforeUnload: unsaved,
    withResolver: true,
  })
  const stay = () => {
    setClose(null)
    blocked.reset?.()
  }
  const go = () => {
    setClose(null)
    close?.()
    blocked.proceed?.()
  }
  const question = (
    <Modal
      opened={close !== null || blocked.status === 'blocked'}
      onClose={stay}
      title={t('app:unsaved.title')}
    >
      <Stack>
        <Text>{about}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={stay} data-autofocus>
            {t('app:unsaved.stay')}
          </Button>
          <Button color="red" onClick={go}>
            {t('app:unsaved.leave')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
  // After the Escape that asks: the question would take the same one as an answer.
  const leave = (next: () => void) => (unsaved ? void setTimeout(() => setClose(() => next)) : next())
  return { question, leave }
}
