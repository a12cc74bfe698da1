import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import Flag from 'lucide-react/icons/flag'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../api/client.ts'
import { showProblem } from '../../parts/notices.ts'
import { changeShown } from './queries.ts'

/** Marks a conversation for a second look, by whomever of the staff. */
export function FlagButton({ id, flagged }: { id: string; flagged: boolean }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const flag = useMutation({
    mutationFn: () =>
      ask(api.PUT('/api/conversations/{id}/flag', { params: { path: { id } }, body: { flagged: !flagged } })),
    onSuccess: answer => changeShown(queries, id, () => ({ flagged: answer.flagged })),
    onError: showProblem,
  })
  return (
    <Button
      variant="default"
      leftSection={<Flag size={16} fill={flagged ? 'orange' : 'none'} />}
      aria-pressed={flagged}
      loading={flag.isPending}
      onClick={() => flag.mutate()}
    >
      {flagged ? t('conversations:flagged') : t('conversations:flag')}
    </Button>
  )
}
