import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { GetKeyCall } from '@lectern/shared/contracts/courses.ts'
import {
  ImportMode,
  type ImportPlan,
  type ImportRow,
  ImportStudentsCall,
  MOST_IMPORTED,
  type Person,
  PlanImportCall,
} from '@lectern/shared/contracts/roster.ts'
import type { Fault } from '@lectern/shared/fault.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { type Static, Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { actorOf } from '../caller.ts'
import { type MintedKey, mintMany } from '../minting.ts'
import { checkRoster, MOST_STUDENTS, type RosterRow } from '../roster.ts'
import { readUpload, refuseFaults, refuseTooLarge, rosterBody } from '../roster-upload.ts'
import { CourseParams, closedObject, failures } from '../schemas.ts'
import { refuseIfLeft, storedAnyway } from '../shown-once.ts'
import { studentIdFor } from '../student-id.ts'

const Line = Type.Union([Type.Integer(), Type.Null()], {
  description: 'of the file, or the index in the JSON array; null: the whole',
})
const fields = {
  name: Type.String(),
  email: Type.String(),
  group: Type.Union([Type.String(), Type.Null()]),
}
const Fields = Type.Object(fields)
const ImportAnswer = Type.Object({
  added: Type.Array(
    Type.Object({
      line: Line,
      id: Type.Union([Type.String(), Type.Null()], { description: 'null in a preview: will be made' }),
      ...fields,
      key: Type.Optional(Type.String({ description: 'shown this once, stored nowhere' })),
    }),
  ),
  changed: Type.Array(Type.Object({ line: Line, id: Type.String(), before: Fields, after: Fields })),
  dropped: Type.Array(Type.Object({ id: Type.String(), ...fields })),
  unchanged: Type.Integer(),
  errors: Type.Array(Type.Object({ line: Line, message: Type.String() })),
})
type ImportAnswer = Static<typeof ImportAnswer>

/** A transaction over 10,000 students takes seconds. */
const IMPORT_TIMEOUT_MS = 25_000

/** A whole roster, compared with the one that is there: answered by the quota service. */
export const importRoster: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const planImport = requester(nc, PlanImportCall, { timeoutMs: IMPORT_TIMEOUT_MS })
  const importStudents = requester(nc, ImportStudentsCall, { timeoutMs: IMPORT_TIMEOUT_MS })
  const getKey = requester(nc, GetKeyCall)

  app.post(
    '/courses/:course/students/import',
    {
      schema: {
        tags: ['students'],
        summary: 'Import a roster: adds and changes, with mode=replace also drops; preview=true only tells',
        params: CourseParams,
        querystring: closedObject({
          preview: Type.Boolean({ default: false }),
          mode: Type.Unsafe<ImportMode>({ ...ImportMode, default: 'merge' }),
        }),
        body: rosterBody,
        response: { 200: ImportAnswer, ...failures },
      },
    },
    async (request, reply) => {
      const { course: courseId } = request.params
      const { preview, mode } = request.query
      const { rows, faults } = readUpload(request.body)
      const found = [...faults, ...checkRoster(rows, MOST_IMPORTED)]
      if (found.length > 0 && preview) return answerOf(rows, null, found)
      refuseFaults(found)
      refuseTooLarge(rows, courseId, nc.info?.max_payload)
      const order = { courseId, mode, rows: rows.map(toRow) }
      const plan = await planImport(order)
      const all = [...faultsOf(plan, rows), ...tooManyNew(plan)]
      if (preview) return answerOf(rows, plan, all)
      refuseFaults(all)
      const keys = await keysFor(courseId, plan)
      refuseIfLeft(reply)
      const keyed = order.rows.map((row, index) => {
        const key = keys.get(index)
        return key ? { ...row, id: row.id ?? key.studentId, key: key.stored } : row
      })
      const done = await importStudents({ ...order, rows: keyed, actor: actorOf(request) }).catch(
        (error: unknown) =>
          storedAnyway(error, {
            ...{ keyId: keys.values().next().value?.stored.id, stored: plan, getKey },
            otherwise:
              'The roster may or may not have been imported: look at the preview before you import it again.',
          }),
      )
      return answerOf(rows, done, [], keys)
    },
  )
}

function toRow({ id, name, email, group }: RosterRow): ImportRow {
  return {
    ...{ id: id || null, name, email },
    ...(group === undefined ? {} : { group: group || null }),
  }
}

const placeOf = (rows: readonly RosterRow[], index: number) => rows[index]?.place ?? ''
const lineOf = (place: string) => {
  const [, number] = /^(?:line |\[)(\d+)/.exec(place) ?? []
  return number === undefined ? null : Number(number)
}

function faultsOf({ faults }: ImportPlan, rows: readonly RosterRow[]): Fault[] {
  return faults.map(({ index, message }) => ({ place: placeOf(rows, index), text: message }))
}

function tooManyNew({ added }: ImportPlan): Fault[] {
  if (added.length <= MOST_STUDENTS) return []
  const text = `adds ${added.length} students, at most ${MOST_STUDENTS} get their keys in one call: import it in parts first`
  return [{ place: 'The roster', text }]
}

type NewKeys = Map<number, MintedKey & { studentId: string }>

/** A key, and an id where there is none, for each student who is new, by the index of the row. */
async function keysFor(courseId: string, { added }: ImportPlan): Promise<NewKeys> {
  const minted = await mintMany(courseId, added.length)
  return new Map(
    added.flatMap(({ index, student: { id, email } }, place) => {
      const key = minted[place]
      return key ? [[index, { ...key, studentId: id ?? studentIdFor(email) }]] : []
    }),
  )
}

function answerOf(
  rows: readonly RosterRow[],
  plan: ImportPlan | null,
  faults: readonly Fault[],
  keys: NewKeys = new Map(),
): ImportAnswer {
  const line = (index: number) => lineOf(placeOf(rows, index))
  const only = ({ name, email, group }: Person) => ({ name, email, group })
  return {
    added: (plan?.added ?? []).map(({ index, student }) => {
      const key = keys.get(index)
      const id = student.id ?? key?.studentId ?? null
      return { line: line(index), id, ...only(student), ...(key ? { key: key.text } : {}) }
    }),
    changed: (plan?.changed ?? []).map(({ index, before, after }) => ({
      line: line(index),
      id: before.id ?? '',
      before: only(before),
      after: only(after),
    })),
    dropped: (plan?.dropped ?? []).map(({ id, ...person }) => ({ id: id ?? '', ...person })),
    unchanged: plan?.unchanged ?? 0,
    errors: faults.map(({ place, text }) => ({ line: lineOf(place), message: `${place} ${text}` })),
  }
}
