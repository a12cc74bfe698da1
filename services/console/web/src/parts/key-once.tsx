import { Alert, Button, Code, CopyButton, Group, Modal, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'

interface KeyOnceProps {
  /** Whose. */
  name: string
  value: string
  close: () => void
}

/** A key in the one moment in which it can be seen. */
export function KeyOnce({ name, value, close }: KeyOnceProps) {
  const { t } = useTranslation()
  return (
    <Modal
      opened
      onClose={close}
      title={t('app:key.title', { name })}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t('app:close') }}
    >
      <Stack>
        <Alert color="yellow" variant="light">
          {t('app:key.once')}
        </Alert>
        <Code block>{value}</Code>
        <Group justify="flex-end">
          <CopyButton value={value}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy} data-autofocus>
                {copied ? t('app:copied') : t('app:copy')}
              </Button>
            )}
          </CopyButton>
          <Button onClick={close}>{t('app:key.done')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
