import { BUCKETS, bucketOfCourse, bucketOfKeyHash } from '@lectern/shared/keys.ts'

/**
 * All names in Redis. The braces are a hash tag: everything of a course lies in one of 256 buckets, and a bucket in one
 * slot of a Redis Cluster, so that one script can decide about all of it. The scripts get the bucket as their only key
 * and derive the same names from it, in this notation:
 *
 *     <bucket>:epoch                     begun by `open`; none: nothing in the bucket is to be believed
 *     <bucket>:key:<sha256>              epoch, state, student, course
 *     <bucket>:course:<id>               epoch, version, calendar and limits
 *     <bucket>:own:<student>             epoch, version, the student's own keys at providers, encrypted by the gateway
 *     <bucket>:account:<student>:<week>  epoch, rev, granted, settled, held
 *     <bucket>:pending:<student>:<week>  settlements that the ledger has not confirmed: reservation -> tokens
 *     <bucket>:hold:<reservation>        question and answer of a reservation, its state and charge; or the mark of a
 *                                        release that came before it
 *     <bucket>:running:<student>         set of the student's open holds
 *     <bucket>:crowd:<course>            set of the course's open holds
 *     <bucket>:rate:<student>            GCRA: when an even flow of requests would have arrived (microseconds), and the limit
 *     <bucket>:flow:<student>            the same of tokens, where the course limits them
 *     <bucket>:expiry                    sorted set of holds by the time when the expirer must look at them
 *     <bucket>:accounts                  sorted set of `<student>:<week>` by the time of their last comparison
 */
export type Bucket = `{q:${string}}`

function bucketName(bucket: number): Bucket {
  return `{q:${bucket.toString(16).padStart(2, '0')}}`
}

/** Where everything of a course lives. */
export function bucketFor(courseId: string): Bucket {
  return bucketName(bucketOfCourse(courseId))
}

/** Where the owner of a key lives, from the key's hash alone. */
export function bucketForKey(keyHash: string): Bucket {
  return bucketName(bucketOfKeyHash(keyHash))
}

export const ALL_BUCKETS: readonly Bucket[] = Array.from({ length: BUCKETS }, (_, bucket) =>
  bucketName(bucket),
)

export const keyName = (bucket: Bucket, keyHash: string) => `${bucket}:key:${keyHash}`
export const courseName = (bucket: Bucket, courseId: string) => `${bucket}:course:${courseId}`
export const expiryName = (bucket: Bucket) => `${bucket}:expiry`
export const accountsName = (bucket: Bucket) => `${bucket}:accounts`
/** Member of the `accounts` set. */
export const accountMember = (studentId: string, week: number) => `${studentId}:${week}`
