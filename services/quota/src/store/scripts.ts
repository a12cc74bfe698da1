import { loadScript } from '@lectern/shared/redis/script.ts'

/** Every script with its arguments and replies; loading compares them with the header of its file. */

const keys = ['bucket'] as const

export const openScript = loadScript(new URL('./open-1.lua', import.meta.url), {
  keys,
  args: ['deadline_ms'],
  replies: ['open', 'late'],
})

export const reserveScript = loadScript(new URL('./reserve-1.lua', import.meta.url), {
  keys,
  args: [
    'now_ms',
    'deadline_ms',
    'reservation',
    'key_hash',
    'model',
    'input_tokens',
    'max_output_tokens',
    'choices',
    'ttl_ms',
    'least_output_tokens',
    'own_key_at',
  ],
  replies: ['granted', 'denied', 'need', 'conflict', 'released', 'late'],
})

export const settleScript = loadScript(new URL('./settle-1.lua', import.meta.url), {
  keys,
  args: [
    'now_ms',
    'deadline_ms',
    'reservation',
    'end',
    'student',
    'week',
    'charge_tokens',
    'attend_after_ms',
    'keep_ended_s',
  ],
  replies: ['ended', 'repeat', 'conflict', 'unknown', 'late'],
})

export const expireScript = loadScript(new URL('./expire-1.lua', import.meta.url), {
  keys,
  args: ['now_ms', 'deadline_ms', 'limit', 'attend_after_ms'],
  replies: ['ended', 'late'],
})

export const confirmScript = loadScript(new URL('./confirm-1.lua', import.meta.url), {
  keys,
  args: ['deadline_ms', 'accounts', 'keep_ended_s'],
  replies: ['confirmed', 'late'],
})

export const snapshotScript = loadScript(new URL('./snapshot-1.lua', import.meta.url), {
  keys,
  args: ['now_ms', 'course', 'student', 'week'],
  replies: ['account', 'absent', 'closed'],
})

export const syncScript = loadScript(new URL('./sync-1.lua', import.meta.url), {
  keys,
  args: [
    'now_ms',
    'deadline_ms',
    'epoch',
    'student',
    'week',
    'rev',
    'granted',
    'settled',
    'recorded',
    'ended',
    'keep_ended_s',
    'ttl_s',
  ],
  replies: ['synced', 'changed', 'late'],
})

export const putKeyScript = loadScript(new URL('./put-key-1.lua', import.meta.url), {
  keys,
  args: ['epoch', 'key_hash', 'state', 'student', 'course', 'ttl_s'],
  replies: ['put', 'kept', 'closed'],
})

export const putCourseScript = loadScript(new URL('./put-course-1.lua', import.meta.url), {
  keys,
  args: [
    'epoch',
    'course',
    'version',
    'calendar',
    'models',
    'weights',
    'default_max_tokens',
    'requests_per_minute',
    'parallel_requests',
    'tokens_per_minute',
    'course_parallel_requests',
    'own_keys',
    'answer_cache',
    'rests',
    'ttl_s',
  ],
  replies: ['put', 'kept', 'closed'],
})

export const putOwnKeysScript = loadScript(new URL('./put-own-keys-1.lua', import.meta.url), {
  keys,
  args: ['epoch', 'student', 'version', 'keys', 'ttl_s'],
  replies: ['put', 'kept', 'closed'],
})
