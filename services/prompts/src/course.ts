import type { Policy, Rule } from '@lectern/shared/contracts/prompts.ts'
import { rulesInForce, versionInForce } from '@lectern/shared/prompt-schedule.ts'

/** A version without its text. */
export interface ScheduledVersion {
  id: string
  version: number
  fromWeek: number
  toWeek: number
  createdAt: string
  /** Null: in force as it was published. */
  publishAt: string | null
}

/** All that is needed to answer for any week of one course: so a week that begins during an outage is answered too. */
export interface Course {
  courseId: string
  versions: readonly ScheduledVersion[]
  /** Of the versions that are, or will be, in force in some week. */
  texts: ReadonlyMap<string, string>
  rules: readonly Rule[]
}

/** The ids of the versions that are in force in some week, now or when another one is published: only their texts are worth reading. */
export function versionsEverInForce(versions: readonly ScheduledVersion[], nowMs: number): string[] {
  const ids = new Set<string>()
  const published = versions.flatMap(({ publishAt }) => (publishAt === null ? [] : [Date.parse(publishAt)]))
  // Another one can only come into force where a range begins, or after one has ended.
  const weeks = new Set(versions.flatMap(({ fromWeek, toWeek }) => [fromWeek, toWeek + 1]))
  for (const atMs of [nowMs, ...published.filter(ms => ms > nowMs)]) {
    for (const week of weeks) {
      const version = versionInForce(versions, week, atMs)
      if (version) ids.add(version.id)
    }
  }
  return [...ids]
}

/** What is in force in a week. */
export function policyOf({ courseId, versions, texts, rules }: Course, week: number, nowMs: number): Policy {
  const version = versionInForce(versions, week, nowMs)
  return {
    courseId,
    week,
    prompt: version && { id: version.id, version: version.version, text: texts.get(version.id) ?? '' },
    rules: rulesInForce(rules, week).map(({ id, kind, pattern, message }) => ({
      id,
      kind,
      pattern,
      message,
    })),
  }
}

/** About how many characters a course keeps in memory. */
export function sizeOf({ versions, texts, rules }: Course): number {
  let size = 100 * (1 + versions.length)
  for (const text of texts.values()) size += text.length
  for (const rule of rules) size += 200 + rule.pattern.length + rule.message.length
  return size
}
