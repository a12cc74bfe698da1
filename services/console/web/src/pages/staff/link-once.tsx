import { Alert, Button, Code, CopyButton, Group, Modal, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export interface Link {
  name: string
  url: string
}

/** A link by which somebody chooses a password: seen once, sent by whoever sees it. */
export function LinkOnce({ link: { name, url }, close }: { link: Link; close: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal
      opened
      onClose={close}
      title={t('staff:link.title', { name })}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t('app:close') }}
    >
      <Stack>
        <Alert color="yellow" variant="light">
          {t('staff:link.once')}
        </Alert>
        <Code block>{url}</Code>
        <Group justify="flex-end">
          <CopyButton value={url}>
            {({ copied, copy }) => (
              <Button onClick={copy} data-autofocus>
                {copied ? t('app:copied') : t('app:copy')}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Stack>
    </Modal>
  )
}
