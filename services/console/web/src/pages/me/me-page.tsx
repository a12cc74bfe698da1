import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Shown } from '../../parts/states.tsx'
import { meQuery } from './queries.ts'
import { SignedIn } from './signed-in.tsx'
import { SignedOut } from './signed-out.tsx'

/** A student's one page. */
export function MePage() {
  const query = useQuery(meQuery)
  return (
    <Stack gap="lg">
      <Shown query={query}>{me => (me ? <SignedIn key={me.student.id} me={me} /> : <SignedOut />)}</Shown>
    </Stack>
  )
}
