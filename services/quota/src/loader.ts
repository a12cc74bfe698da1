import { LecternError } from '@lectern/shared/errors.ts'
import { toPolicy } from './course.ts'
import { inTime } from './in-time.ts'
import { type Need, nameOfNeed } from './need.ts'
import type { ApiKeys } from './store/api-keys.ts'
import type { Courses } from './store/courses.ts'
import type { Policies } from './store/policies.ts'
import type { ProviderKeys } from './store/provider-keys.ts'
import type { RedisClock } from './store/redis-clock.ts'
import type { SyncAccount } from './sync.ts'

/** Runs a question until Redis has all that it needs, loading exactly what is missing. */
export type WithLoading = <T extends object>(ask: () => Promise<T | { need: Need }>) => Promise<T>

// A cold start misses the epoch, the key (with its course) and the account; the rest are races with a new epoch.
const MOST_ROUNDS = 8

/**
 * Loads on first use: what many requests miss at once is loaded once per process. A load that takes longer than a caller
 * can wait goes on for those who come after.
 */
export function createLoader({
  policies,
  keys,
  courses,
  providerKeys,
  sync,
  clock,
  askTimeoutMs,
  loadTimeoutMs,
}: {
  policies: Policies
  keys: ApiKeys
  courses: Courses
  providerKeys: ProviderKeys
  sync: SyncAccount
  clock: Pick<RedisClock, 'nowMs'>
  askTimeoutMs: number
  loadTimeoutMs: number
}): WithLoading {
  const running = new Map<string, Promise<void>>()

  async function load(need: Need): Promise<void> {
    if (need.what === 'epoch') await policies.open(need.bucket)
    else if (need.what === 'key') await loadKey(need.keyHash, need.epoch)
    else if (need.what === 'course')
      await policies.putCourse(toPolicy(await courses.find(need.courseId)), need.epoch)
    else if (need.what === 'own_keys')
      await policies.putOwnKeys(await providerKeys.copyOf(need.studentId), need.epoch)
    else await sync(need.account)
  }

  async function loadKey(hash: string, epoch: string): Promise<void> {
    const key = await keys.findByHash(hash)
    if (!key) return policies.putKey({ hash, state: 'unknown' }, epoch)
    const livesMs = key.expiresAt ? key.expiresAt.getTime() - clock.nowMs() : undefined
    const isOver = key.revokedAt !== null || (livesMs !== undefined && livesMs <= 0)
    if (isOver) return policies.putKey({ hash, state: 'revoked' }, epoch)
    const { id: studentId, course } = key.student
    // The course comes along, and first: the key is what makes the next round look for it.
    await policies.putCourse(toPolicy(course), epoch)
    await policies.putKey({ hash, state: 'owner', studentId, courseId: course.id, livesMs }, epoch)
  }

  function loadOnce(need: Need): Promise<void> {
    const name = nameOfNeed(need)
    const present = running.get(name)
    if (present) return present
    const loading = load(need).finally(() => running.delete(name))
    running.set(name, loading)
    return loading
  }

  return async ask => {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      // The client's own timeout begins late: a command waits unsent while the pipeline before it has no answer.
      const answer = await inTime(ask(), askTimeoutMs, 'asking Redis')
      if (!('need' in answer)) return answer
      await inTime(loadOnce(answer.need), loadTimeoutMs, `loading ${answer.need.what}`)
    }
    throw new LecternError('service_unavailable', {
      retryAfterMs: 1000,
      cause: new Error('what was loaded into Redis did not stay there'),
    })
  }
}
