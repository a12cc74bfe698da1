import { randomUUIDv7 } from 'node:crypto'
import { AcceptInvitationCall, type CourseRole, InviteStaffCall } from '@lectern/shared/contracts/staff.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { hashPassword } from '../src/password.ts'
import { newSecret } from '../src/secret.ts'
import { type Browser, openBrowser, PASSWORD } from './browser.ts'

/** Somebody of the staff with a session in a browser, made over the bus as the console would. */
export async function signedIn(
  { url, operator }: { url: string; operator: NatsConnection },
  who: { name: string; email?: string; isAdmin?: boolean; courses?: { id: string; role: CourseRole }[] },
): Promise<Browser & { id: string; email: string }> {
  const [link, staffId] = [newSecret(), randomUUIDv7()]
  const { name, email = `${name.toLowerCase()}@example.edu`, isAdmin = false, courses = [] } = who
  await requester(
    operator,
    InviteStaffCall,
  )({
    staffId,
    email,
    name,
    isAdmin,
    courses,
    linkHash: link.hash,
  })
  const passwordHash = await hashPassword(PASSWORD)
  const session = { hash: newSecret().hash }
  await requester(operator, AcceptInvitationCall)({ linkHash: link.hash, passwordHash, session })
  const browser = openBrowser(url)
  await browser.ask('POST /api/session', { email, password: PASSWORD })
  return Object.assign(browser, { id: staffId, email })
}
