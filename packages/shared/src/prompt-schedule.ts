/** Which of a course's prompts and rules are in force in a week. Pure: the whole policy of the schedule is here. */

interface InWeeks {
  fromWeek: number
  toWeek: number
}

const covers = ({ fromWeek, toWeek }: InWeeks, week: number): boolean => fromWeek <= week && week <= toWeek
const width = ({ fromWeek, toWeek }: InWeeks): number => toWeek - fromWeek

/**
 * The version in force: of those whose range contains the week, the one with the narrowest range (a prompt for week 3
 * beats one for the whole term, whenever either was published), and among equals the newest. Null: none applies.
 */
export function versionInForce<V extends InWeeks & { version: number }>(
  versions: readonly V[],
  week: number,
): V | null {
  const [best = null] = versions
    .filter(version => covers(version, week))
    .sort((a, b) => width(a) - width(b) || b.version - a.version)
  return best
}

/** The rules in force, in the order in which they were given: all whose range contains the week. */
export function rulesInForce<R extends InWeeks>(rules: readonly R[], week: number): R[] {
  return rules.filter(rule => covers(rule, week))
}
