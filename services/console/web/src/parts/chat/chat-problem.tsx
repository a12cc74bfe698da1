import { useTranslation } from 'react-i18next'
import { Problem } from '../../api/problem.ts'
import { ProblemAlert } from '../problem-alert.tsx'

interface ChatProblemProps {
  error: unknown
  /** What a code means for whoever asks here. */
  texts: Record<string, string>
}

/** Why there is no answer, in words for whoever asked; what a course says itself is shown as it says it. */
export function ChatProblem({ error, texts }: ChatProblemProps) {
  const { t, i18n } = useTranslation()
  const code = error instanceof Problem ? error.code : ''
  const known: Record<string, string> = {}
  if (error instanceof Problem && code === 'blocked_by_rule') known[code] = error.message
  else if (code && i18n.exists(`chat:problem.${code}`)) known[code] = t(`chat:problem.${code}`)
  return <ProblemAlert error={error} texts={{ ...known, ...texts }} />
}
