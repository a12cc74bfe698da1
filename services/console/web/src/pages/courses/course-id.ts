/** A short name for a course, made of its name: `Machine Learning I` is `machine-learning-i`; empty where nothing is left. */
export function courseIdOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
}

/** As the API wants it. */
export const isCourseId = (id: string): boolean => /^[a-z0-9][a-z0-9-]{0,62}$/.test(id)

/** The Monday on or after a day. */
export function nextMonday(day: string): string {
  const date = new Date(`${day}T00:00Z`)
  date.setUTCDate(date.getUTCDate() + ((8 - date.getUTCDay()) % 7))
  return date.toISOString().slice(0, 10)
}
