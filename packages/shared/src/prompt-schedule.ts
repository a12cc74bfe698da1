/** Which of a course's prompts and rules are in force in a week. Pure: the whole policy of the schedule is here. */

interface InWeeks {
  fromWeek: number
  toWeek: number
}

/** When a version comes into force: with its publication, or at a time that was named then. */
interface Published {
  version: number
  createdAt: string
  publishAt?: string | null | undefined
}

/** When a version came, or comes, into force. */
export const startOf = ({ publishAt, createdAt }: Omit<Published, 'version'>): string =>
  publishAt ?? createdAt
/**
 * Published for a time that is yet to come. Without such a time it never waits: by its own clock a replica may read
 * what another one has just published as of the future.
 */
export const isWaiting = ({ publishAt }: Pick<Published, 'publishAt'>, nowMs: number): boolean =>
  publishAt != null && Date.parse(publishAt) > nowMs

const startsAtMs = (version: Published): number => Date.parse(startOf(version))
/** By when they came into force; without a time by their numbers, which no clock has given. */
const byNewest = (a: Published, b: Published): number =>
  (a.publishAt || b.publishAt ? startsAtMs(b) - startsAtMs(a) : 0) || b.version - a.version

const covers = ({ fromWeek, toWeek }: InWeeks, week: number): boolean => fromWeek <= week && week <= toWeek
const width = ({ fromWeek, toWeek }: InWeeks): number => toWeek - fromWeek

/**
 * The version in force: of those that are published and whose range contains the week, the one with the narrowest range (a prompt for
 * week 3 beats one for the whole term, whenever either was published), and among equals the newest. Null: none applies.
 */
export function versionInForce<V extends InWeeks & Published>(
  versions: readonly V[],
  week: number,
  nowMs: number,
): V | null {
  const [best = null] = versions
    .filter(version => covers(version, week) && !isWaiting(version, nowMs))
    .sort((a, b) => width(a) - width(b) || byNewest(a, b))
  return best
}

/** The rules in force, in the order in which they were given: all whose range contains the week. */
export function rulesInForce<R extends InWeeks>(rules: readonly R[], week: number): R[] {
  return rules.filter(rule => covers(rule, week))
}
