import { setTimeout as delay } from 'node:timers/promises'
import { OfferSetupCall } from '@lectern/shared/contracts/staff.ts'
import type { Logger } from '@lectern/shared/log.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { newSecret } from './secret.ts'

const RETRY_MS = 1000

/**
 * As long as there is no admin, prints a link by which one becomes the first: once, within a day. It is what follows the `#`,
 * which a browser sends to no server, so that it stands in no other log. Where quota is away, goes on trying until closed.
 */
export async function offerFirstSignIn(
  nc: NatsConnection,
  { url, log, closing }: { url: string; log: Logger; closing: AsyncDisposableStack },
): Promise<void> {
  const offerSetup = requester(nc, OfferSetupCall)
  const stopping = new AbortController()
  closing.defer(() => stopping.abort())
  const offer = async (): Promise<boolean> => {
    const { text, hash } = newSecret()
    const answer = await offerSetup({ linkHash: hash }).catch(() => null)
    if (answer?.needed) log.warn({ setupUrl: `${url}/setup#${text}` }, 'nobody is admin yet: first sign-in')
    return answer !== null
  }
  if (await offer()) return
  void (async () => {
    do await delay(RETRY_MS, undefined, { ref: false, signal: stopping.signal }).catch(() => undefined)
    while (!stopping.signal.aborted && !(await offer()))
  })()
}
