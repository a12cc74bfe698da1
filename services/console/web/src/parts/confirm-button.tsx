import { Button, type ButtonProps, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface ConfirmButtonProps extends ButtonProps {
  children: ReactNode
  /** What will happen, as a question; and what cannot be undone about it. */
  question: string
  about: string
  /** The word on the button that does it. */
  action: string
  onConfirm: () => unknown
}

/** A button for what cannot be undone: it asks first. */
export function ConfirmButton({
  children,
  question,
  about,
  action,
  onConfirm,
  ...looks
}: ConfirmButtonProps) {
  const { t } = useTranslation()
  const [opened, { open, close }] = useDisclosure()
  const confirm = () => {
    close()
    void onConfirm()
  }
  return (
    <>
      <Button {...looks} onClick={open}>
        {children}
      </Button>
      <Modal opened={opened} onClose={close} title={question}>
        <Stack>
          <Text>{about}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {t('app:cancel')}
            </Button>
            <Button color="red" onClick={confirm}>
              {action}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
