import { randomUUIDv7 } from 'node:crypto'
import { LecternError } from '@lectern/shared/errors.ts'
import { type CompiledPolicy, type Verdict, withDraft } from '@lectern/shared/policy.ts'
import { isTrialAccount } from '@lectern/shared/trial.ts'
import type { PromptsClient } from './clients/prompts.ts'
import type { Identity } from './clients/quota.ts'
import { type Asker, type Hold, type HoldParts, holdTokens } from './hold.ts'
import { type Draft, EMPTY_POLICY, judge } from './policy.ts'

/** A request that may go on: its hold, whose it is, and what the staff want done with it. */
export interface Admission extends Hold {
  verdict: Verdict
}

export interface AdmissionParts extends HoldParts {
  prompts: PromptsClient
}

/**
 * Decides about a request and holds its tokens, before anything is sent anywhere. Throws when it is refused; then nothing
 * is held. The week of the prompt must be the week of the hold: where a week has just begun, both are asked for again.
 */
export async function admit(parts: AdmissionParts, asker: Asker): Promise<Admission> {
  const { keyHash } = asker
  let { id } = asker
  let identity = await identityOf(keyHash, parts.quota.identify(keyHash))
  for (let tries = 1; ; tries++) {
    const admission = await enter(parts, { ...asker, id }, identity)
    if (admission.week === identity.week && admission.courseId === identity.courseId) return admission
    // Awaited: it gives back a place among the parallel requests, which the next hold may need.
    await parts.quota.release(admission.id, keyHash)
    if (tries === 2) throw new LecternError('service_unavailable', { retryAfterMs: 1000 })
    id = randomUUIDv7()
    identity = await identityOf(keyHash, parts.quota.identifyNow(keyHash))
  }
}

async function identityOf(keyHash: string, found: Promise<Identity | null>): Promise<Identity> {
  const identity = await found
  if (!identity)
    throw new LecternError('invalid_api_key', { cause: new Error(`unknown key ${keyHash.slice(0, 8)}`) })
  return identity
}

async function enter(parts: AdmissionParts, asker: Asker, identity: Identity): Promise<Admission> {
  const policy = await policyFor(parts.prompts, asker.draft, identity)
  const verdict = await judge(policy, asker.body, asker.operation)
  return { ...(await holdTokens(parts, asker, verdict.system)), verdict }
}

/** What applies to a request. Whose key it is never changes, so that the hint is enough to know a trial. */
async function policyFor(
  prompts: PromptsClient,
  draft: Draft | null,
  { courseId, studentId, week }: Identity,
): Promise<CompiledPolicy> {
  if (draft === null) return week === null ? EMPTY_POLICY : prompts.policy(courseId, week)
  if (!isTrialAccount(studentId)) {
    throw new LecternError('forbidden', { message: 'Only staff try prompts, in the console.' })
  }
  return withDraft(await prompts.policy(courseId, draft.week), draft.text)
}
