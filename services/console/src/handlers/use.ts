import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { StudentBalanceCall } from '@lectern/shared/contracts/budget.ts'
import { type Course, GetCourseCall } from '@lectern/shared/contracts/courses.ts'
import { CourseId } from '@lectern/shared/contracts/fields.ts'
import { WeekRefusalsCall } from '@lectern/shared/contracts/refusals.ts'
import {
  QuestionsUseCall,
  type StudentUse,
  WeeksUseCall,
  WeekUseCall,
} from '@lectern/shared/contracts/use.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { CSV_START, toCsv } from '../csv.ts'
import { CourseParams, failures, WeekOnly } from '../schemas.ts'
import { costOf, currentWeek, isNearLimit, mayBeNear } from '../use.ts'
import { TABLE_NAMES, TABLES, type TableName, Use } from '../use-tables.ts'

/** Sums are read in milliseconds, the questions of a week in some hundred. */
const TIMEOUT_MS = 10_000
/** Balances asked for at the same time. */
const ASKED_AT_ONCE = 20
const tags = ['use']

const TableParams = Type.Object({
  course: CourseId,
  table: Type.Enum([...TABLE_NAMES, ...TABLE_NAMES.map(name => `${name}.csv`)]),
})
const Rows = Type.Object({ items: Type.Array(Type.Unknown()) })

/** Records may outlive a student. */
const ifUnknown = (error: unknown): null => {
  if (error instanceof LecternError && error.code === 'not_found') return null
  throw error
}

/** How a course uses what it has: sums of the logger, with prices and balances of quota. */
export const use: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc, clock }) => {
  const getCourse = requester(nc, GetCourseCall)
  const balance = requester(nc, StudentBalanceCall)
  const weekUse = requester(nc, WeekUseCall, { timeoutMs: TIMEOUT_MS })
  const weeksUse = requester(nc, WeeksUseCall, { timeoutMs: TIMEOUT_MS })
  const weekRefusals = requester(nc, WeekRefusalsCall)
  const questionsUse = requester(nc, QuestionsUseCall, { timeoutMs: TIMEOUT_MS })

  async function read(courseId: string, asked: number | undefined): Promise<Use> {
    const course = await getCourse({ courseId })
    const week = asked ?? currentWeek(course, clock.nowMs())
    const [{ models, ...rest }, { items: weeks }, { items: topQuestions }, { items: refusals }] =
      await Promise.all([
        weekUse({ courseId, week, timezone: course.timezone }),
        weeksUse({ courseId }),
        questionsUse({ courseId, week, limit: 20 }),
        weekRefusals({ courseId, week }),
      ])
    const { modelPrices, currency = 'USD' } = course
    const priced = models.map(model => ({ ...model, cost: costOf(model, modelPrices) }))
    const costs = priced.flatMap(({ cost }) => cost ?? [])
    return {
      ...rest,
      ...{ week, weeks, topQuestions, refusals, models: priced, currency },
      cost: costs.length > 0 ? costs.reduce((sum, cost) => sum + cost, 0) : null,
      nearLimit: await nearLimit(course, week, rest.topStudents),
    }
  }

  async function nearLimit(course: Course, week: number, users: StudentUse[]): Promise<Use['nearLimit']> {
    const candidates = users.filter(({ chargeTokens }) => mayBeNear(chargeTokens, course))
    const near: Use['nearLimit'] = []
    while (candidates.length > 0) {
      const some = candidates.splice(0, ASKED_AT_ONCE)
      const asked = some.map(({ studentId }) => balance({ studentId, week }).catch(ifUnknown))
      const balances = (await Promise.all(asked)).filter(found => found !== null)
      near.push(...balances.filter(isNearLimit))
    }
    return near.sort((a, b) => a.remaining - b.remaining)
  }

  app.get(
    '/courses/:course/use',
    {
      schema: {
        tags,
        summary: 'How a course used a week (without one: the running week), and all weeks in short',
        params: CourseParams,
        querystring: WeekOnly,
        response: { 200: Use, ...failures },
      },
    },
    async request => read(request.params.course, request.query.week),
  )

  app.get(
    '/courses/:course/use/:table',
    {
      schema: {
        tags,
        summary: 'One table of it, as JSON or, with `.csv` or `Accept: text/csv`, as CSV',
        params: TableParams,
        querystring: WeekOnly,
        response: {
          200: {
            description: 'The rows',
            content: { 'application/json': { schema: Rows }, 'text/csv': { schema: Type.String() } },
          },
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { course, table } = request.params
      const name = table.replace('.csv', '') as TableName
      const { rows, columns } = TABLES[name]
      const items = rows(await read(course, request.query.week))
      const isCsv = table !== name || request.headers.accept?.includes('text/csv') === true
      if (!isCsv) return { items }
      reply.type('text/csv; charset=utf-8')
      reply.header('content-disposition', `attachment; filename="${course}-${name}.csv"`)
      return reply.send((CSV_START + toCsv(items, columns, { header: true })) as never)
    },
  )
}
