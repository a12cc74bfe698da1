import { notifications } from '@mantine/notifications'
import { i18n } from '../app/i18n.ts'
import { problemText } from './problem-text.ts'

const closeButtonProps = () => ({ 'aria-label': i18n.t('app:close') })

/** Says that something was done. */
export function showDone(message: string): void {
  notifications.show({ message, color: 'teal', role: 'status', closeButtonProps: closeButtonProps() })
}

/** Says what went wrong, where no field of a form can say it. */
export function showProblem(error: unknown): void {
  notifications.show({
    message: problemText(error),
    color: 'red',
    autoClose: 10_000,
    role: 'alert',
    closeButtonProps: closeButtonProps(),
    className: 'lines',
  })
}
