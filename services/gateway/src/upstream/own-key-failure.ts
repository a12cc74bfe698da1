import { LecternError } from '@lectern/shared/errors.ts'
import { UpstreamFailure } from './failure.ts'

/** A key that is refused, has no credit, or may not do this. */
const REFUSED = [401, 402, 403]
const TOO_MANY_REQUESTS = 429

/**
 * What a refusal means where the key was the student's own. The course's key is never tried instead: it would charge the
 * student for what was meant to be free. Nothing of the provider's text is kept, which may repeat the key.
 */
export function ownKeyFailure(failure: UpstreamFailure, provider: string): UpstreamFailure {
  const { status, retryAfterMs } = failure
  if (status === null || !(REFUSED.includes(status) || status === TOO_MANY_REQUESTS)) return failure
  const isLimit = status === TOO_MANY_REQUESTS
  const message = isLimit
    ? `The provider "${provider}" limits your own key at the moment. Wait, or delete the key to use your course's budget: DELETE /v1/provider-keys/${provider}.`
    : `The provider "${provider}" refused your own key (${status}). Replace it with PUT /v1/provider-keys/${provider}, or delete it with DELETE to use your course's budget.`
  const publicError = new LecternError(isLimit ? 'rate_limit_exceeded' : 'own_key_refused', {
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
  return new UpstreamFailure('refused', `the provider answered ${status} to a student's own key`, {
    status,
    ofOwnKey: true,
    publicError,
  })
}
