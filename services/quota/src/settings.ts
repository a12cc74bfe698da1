import type { Break, CourseInput } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { type Calendar, stretchesOf } from '@lectern/shared/week.ts'

/** A course before the epoch, from which the scripts count, or centuries ahead is a typing error; one of the past is fine. */
const FIRST_YEAR = '1971'
const LAST_YEAR = '2199'
const LONGEST_MODEL_NAME = 200
const LONGEST_GROUP_NAME = 100

/**
 * Refuses what the field patterns cannot see: a day that does not exist, an unknown zone, a break that does not begin where
 * a week would, a model name with a line break, a weight that would let a charge be more than was held.
 */
export function checkSettings({
  models,
  modelWeights = {},
  groupTokens = {},
  modelPrices = {},
  breaks = [],
  ...settings
}: Omit<CourseInput, 'id'>): void {
  checkCalendar({ ...settings, breaks })
  const place = models.findIndex(hasControls)
  if (place >= 0) refuse(`models[${place}]`, 'must not contain control characters')
  checkNames('modelWeights', modelWeights)
  checkNames('modelPrices', modelPrices)
  for (const [model, { input, cachedInput }] of Object.entries(modelWeights)) {
    // A hold takes the whole prompt for uncached.
    if (cachedInput > input) refuse(`modelWeights.${model}.cachedInput`, 'must not be more than input')
  }
  for (const group of Object.keys(groupTokens)) checkGroup(group, 'groupTokens')
}

/** The name of a group as it is compared: nobody could tell by the eye why another one is not the same. */
export function checkGroup(group: string, param: string): void {
  const isPlain = group === group.trim() && !hasControls(group)
  if (isPlain && group !== '' && group.length <= LONGEST_GROUP_NAME) return
  refuse(
    param,
    `must name each group by 1 to ${LONGEST_GROUP_NAME} characters, without control characters and spaces around`,
  )
}

function checkNames(param: string, byModel: object): void {
  for (const model of Object.keys(byModel)) {
    if (model === '' || model.length > LONGEST_MODEL_NAME)
      refuse(param, `must name each model by 1 to ${LONGEST_MODEL_NAME} characters`)
    if (hasControls(model)) refuse(param, 'must not contain control characters')
  }
}

const hasControls = (text: string) => /\p{Cc}/u.test(text)

function checkCalendar({ timezone, startsOn, weeks, breaks }: Calendar & { breaks: readonly Break[] }): void {
  checkDay('startsOn', startsOn)
  if (!isZone(timezone)) refuse('timezone', 'is not an IANA time zone')
  for (const [place, rest] of breaks.entries()) checkDay(`breaks[${place}].startsOn`, rest.startsOn)
  try {
    stretchesOf({ timezone, startsOn, weeks, breaks })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    refuse('breaks', `are not possible: ${error.message}`)
  }
}

function checkDay(param: string, day: string): void {
  try {
    Temporal.PlainDate.from(day, { overflow: 'reject' })
  } catch {
    refuse(param, 'is not a date')
  }
  if (day.slice(0, 4) < FIRST_YEAR || day.slice(0, 4) > LAST_YEAR)
    refuse(param, `must be in the years ${FIRST_YEAR} to ${LAST_YEAR}`)
}

/** Temporal would also take an offset, and any point in time that names a zone. */
function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return !/^[+-]/.test(name)
  } catch {
    return false
  }
}

function refuse(param: string, fault: string): never {
  throw new LecternError('invalid_request', { message: `${param} ${fault}.`, param })
}
