import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AddStudentsCall,
  GetCourseCall,
  GetKeyCall,
  type NewStudent,
} from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { mintMany } from '../minting.ts'
import { checkRoster, MOST_STUDENTS, type Roster } from '../roster.ts'
import { readUpload, refuseFaults, refuseTooLarge, rosterBody } from '../roster-upload.ts'
import { CourseParams, failures } from '../schemas.ts'
import { refuseIfLeft, storedAnyway } from '../shown-once.ts'
import { studentIdFor } from '../student-id.ts'

const Imported = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  key: Type.String({ description: 'shown this once, stored nowhere' }),
})

/** One insert of 2,000 rows takes well under a second; this waits for a slow Postgres too. */
const IMPORT_TIMEOUT_MS = 10_000
/** The roster, added to: JSON rows or CSV text, all or nothing; the quota service keeps it. */
export const importStudents: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const getCourse = requester(nc, GetCourseCall)
  const getKey = requester(nc, GetKeyCall)
  const addStudents = requester(nc, AddStudentsCall, { timeoutMs: IMPORT_TIMEOUT_MS })

  app.post(
    '/courses/:course/students',
    {
      schema: {
        tags: ['students'],
        summary: 'Add students, as a JSON array or as CSV; answers each with their key',
        params: CourseParams,
        body: rosterBody,
        response: { 201: Type.Array(Imported), ...failures },
      },
    },
    async (request, reply) => {
      const { course: courseId } = request.params
      const rows = acceptedRows(request.body)
      refuseTooLarge(rows, courseId, nc.info?.max_payload)
      // Keys cost CPU: a course that does not exist is found out first.
      await getCourse({ courseId })
      const keys = await mintMany(courseId, rows.length)
      const students = rows.map(({ id, name, email, group = '' }, index): NewStudent => {
        const key = keys[index]?.stored
        if (!key) throw new Error('fewer keys than students')
        const named = group === '' ? {} : { group }
        return { id: id || studentIdFor(email), name, email, ...named, key }
      })
      refuseIfLeft(reply)
      const { items } = await addStudents({ courseId, students }).catch((error: unknown) =>
        storedAnyway<{ items: Pick<NewStudent, 'id' | 'name' | 'email'>[] }>(byPlace(error, rows), {
          ...{ keyId: students[0]?.key.id, stored: { items: students }, getKey },
          otherwise:
            'The students may or may not have been stored: look at the list before you import them again.',
        }),
      )
      // As it is stored: an e-mail address may have been put into its usual form.
      const stored = new Map(items.map(item => [item.id, item]))
      const imported = students.map(({ id, name, email }, index) => ({
        ...(stored.get(id) ?? { id, name, email }),
        key: keys[index]?.text ?? '',
      }))
      return reply.code(201).send(imported)
    },
  )
}

function acceptedRows(body: unknown): Roster['rows'] {
  const { rows, faults } = readUpload(body)
  refuseFaults([...faults, ...checkRoster(rows, MOST_STUDENTS)])
  return rows
}

/** A conflict names the row by its number among the students sent (`students[3].id`); staff know it by its line. */
function byPlace(error: unknown, rows: Roster['rows']): unknown {
  if (!(error instanceof LecternError) || error.code !== 'conflict') return error
  const [param, index] = /^students\[(\d+)\][.\w]*/.exec(error.param ?? '') ?? []
  const place = rows[Number(index)]?.place
  if (param === undefined || place === undefined) return error
  const message = `Nothing was imported: ${error.message.replace(param, place)}`
  return new LecternError('conflict', { message, param: place, cause: error })
}
