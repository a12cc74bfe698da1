import { notifications } from '@mantine/notifications'
import { problemText } from './problem-text.ts'

/** Says that something was done. */
export function showDone(message: string): void {
  notifications.show({ message, color: 'teal', role: 'status' })
}

/** Says what went wrong, where no field of a form can say it. */
export function showProblem(error: unknown): void {
  notifications.show({
    message: problemText(error),
    color: 'red',
    autoClose: 10_000,
    role: 'alert',
    className: 'lines',
  })
}
