import { Alert } from '@mantine/core'
import { Problem } from '../api/problem.ts'
import { useProblemText } from './problem-text.ts'

interface ProblemAlertProps {
  error: unknown
  /** What a code means here, where that says more than its general text. */
  texts?: Record<string, string>
}

/** What went wrong with a form as a whole; nothing where nothing did. */
export function ProblemAlert({ error, texts = {} }: ProblemAlertProps) {
  const text = useProblemText()
  if (!error) return null
  const special = error instanceof Problem ? texts[error.code] : undefined
  return (
    <Alert color="red" variant="light" role="alert" className="lines">
      {special ?? text(error)}
    </Alert>
  )
}
