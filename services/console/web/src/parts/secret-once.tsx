import { Alert, Button, Code, CopyButton, Group, Modal, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useFocusBack } from './focus-back.ts'

/** Whose key or link, and the text of it. */
export interface Secret {
  name: string
  value: string
}

interface SecretOnceProps extends Secret {
  kind: 'key' | 'link'
  close: () => void
}

/** A key or a link in the one moment in which it can be seen. */
export function SecretOnce({ kind, name, value, close }: SecretOnceProps) {
  const { t } = useTranslation()
  useFocusBack()
  return (
    <Modal opened onClose={close} title={t(`app:once.${kind}.title`, { name })} closeOnClickOutside={false}>
      <Stack>
        <Alert color="yellow" variant="light">
          {t(`app:once.${kind}.about`)}
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
          <Button onClick={close}>{t('app:once.done')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
