import { Balance } from '@lectern/shared/contracts/quota.ts'
import { RefusalUse } from '@lectern/shared/contracts/refusals.ts'
import {
  DayUse,
  EndingUse,
  HourUse,
  ModelUse,
  QuestionUse,
  StudentUse,
  WeekUse,
  WeekUseCall,
} from '@lectern/shared/contracts/use.ts'
import { type Static, Type } from 'typebox'

/** What staff see of a week, and the tables in it that can be had alone. */

const Cost = Type.Union([Type.Number(), Type.Null()], {
  description: 'by the prices of the course; null: it names none for this model',
})
const ModelCost = Type.Object({ ...ModelUse.properties, cost: Cost })
const NearLimit = Type.Pick(Balance, ['studentId', 'granted', 'used', 'held', 'remaining'])

const { days, hours, endings, topStudents, countedToMs } = WeekUseCall.reply.properties
export const Use = Type.Object({
  ...WeekUse.properties,
  currency: Type.String(),
  cost: Type.Union([Type.Number(), Type.Null()], { description: 'of the models that have a price' }),
  days,
  hours,
  models: Type.Array(ModelCost),
  endings,
  refusals: Type.Array(RefusalUse, { description: 'of requests that never began, by reason' }),
  topStudents,
  nearLimit: Type.Array(NearLimit, {
    description: 'who has a fifth of the week or less left, of the 200 who used most',
  }),
  topQuestions: Type.Array(QuestionUse),
  weeks: Type.Array(WeekUse, { description: 'every week so far' }),
  countedToMs,
})
export type Use = Static<typeof Use>

const tableOf = <K extends keyof Use>(of: K, row: { properties: object }) => ({
  rows: (use: Pick<Use, K>) => use[of] as object[],
  columns: Object.keys(row.properties),
})
/** Name of a table in the address -> its rows, and its columns in a CSV. */
export const TABLES = {
  days: tableOf('days', DayUse),
  hours: tableOf('hours', HourUse),
  models: {
    rows: ({ models }: Pick<Use, 'models'>) =>
      models.map(({ paid, ...model }) => ({
        ...model,
        paidInputTokens: paid.inputTokens,
        paidCachedTokens: paid.cachedTokens,
        paidOutputTokens: paid.outputTokens,
      })),
    columns: [
      ...Object.keys(ModelCost.properties).filter(name => name !== 'paid'),
      ...['paidInputTokens', 'paidCachedTokens', 'paidOutputTokens'],
    ],
  },
  endings: tableOf('endings', EndingUse),
  refusals: tableOf('refusals', RefusalUse),
  students: tableOf('topStudents', StudentUse),
  'near-limit': tableOf('nearLimit', NearLimit),
  questions: tableOf('topQuestions', QuestionUse),
  weeks: tableOf('weeks', WeekUse),
}
export type TableName = keyof typeof TABLES
export const TABLE_NAMES = Object.keys(TABLES) as TableName[]
