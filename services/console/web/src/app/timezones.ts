/** All zones that the browser knows, by their IANA names. */
export const TIMEZONES: string[] = [...Intl.supportedValuesOf('timeZone'), 'UTC']

/** The zone of this browser. */
export const ownTimezone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone
