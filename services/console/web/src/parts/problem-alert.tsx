import { Alert } from '@mantine/core'
import { useProblemText } from './problem-text.ts'

/** What went wrong with a form as a whole; nothing where nothing did. */
export function ProblemAlert({ error }: { error: unknown }) {
  const text = useProblemText()
  if (!error) return null
  return (
    <Alert color="red" variant="light" role="alert" className="lines">
      {text(error)}
    </Alert>
  )
}
