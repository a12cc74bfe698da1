import { useTranslation } from 'react-i18next'
import { Problem } from '../../api/problem.ts'
import { ProblemAlert } from '../../parts/problem-alert.tsx'

/** Why there is no answer, in words for whoever asked; what a course says itself is shown as it says it. */
export function ChatProblem({ error }: { error: unknown }) {
  const { t, i18n } = useTranslation()
  const code = error instanceof Problem ? error.code : ''
  const texts: Record<string, string> = {}
  if (error instanceof Problem && code === 'blocked_by_rule') texts[code] = error.message
  else if (code && i18n.exists(`me:problem.${code}`)) texts[code] = t(`me:problem.${code}`)
  return <ProblemAlert error={error} texts={texts} />
}
