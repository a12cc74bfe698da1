import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FindJoinCall, JoinCall, JoinCode } from '@lectern/shared/contracts/me.ts'
import { type ErrorCode, LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import { mintFor } from '../minting.ts'
import { networkOf } from '../network.ts'
import { checkRoster } from '../roster.ts'
import { refuseFaults } from '../roster-upload.ts'
import { closedObject, failures } from '../schemas.ts'
import { refuseIfLeft } from '../shown-once.ts'
import { studentIdFor } from '../student-id.ts'
import type { OwnPage } from './me.ts'

const tags = ['join']
/** Anybody may send it: it is small. */
const bodyLimit = 16 * 1024
const open = { tags, security: [] }
const CourseName = Type.Object({ id: Type.String(), name: Type.String() })
const { properties } = JoinCall.request
const { name, email } = properties.student.properties

const REFUSALS = {
  code: ['not_found', 'There is no course with this code. Ask your course staff for the code of now.'],
  tries: ['too_many_attempts', 'Too many tries from your network. Wait before you try again.'],
  domain: ['invalid_request', 'Join with the e-mail address of your university.'],
  consent: ['invalid_request', 'Read and accept the text of the course first: it may have changed just now.'],
  email: [
    'conflict',
    'This e-mail address is in the course already. Use the key that you were given, or ask your course staff.',
  ],
} as const satisfies Record<string, [ErrorCode, string]>
const PARAMS = { code: 'code', tries: null, domain: 'email', consent: 'consent', email: 'email' } as const

function refusal(reason: keyof typeof REFUSALS, retryAfterMs: number | null): LecternError {
  const [code, message] = REFUSALS[reason]
  return new LecternError(code, {
    message,
    param: PARAMS[reason],
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  })
}

/** Students join a course by its code, without any ticket: answered by the quota service, which also counts the tries. */
export const join: FastifyPluginAsyncTypebox<OwnPage> = async (app, { nc }) => {
  const findJoin = requester(nc, FindJoinCall)
  const enter = requester(nc, JoinCall)

  /** The course of a code; a wrong one is always the same refusal. */
  async function find(ip: string, code: string) {
    const found = await findJoin({ address: networkOf(ip), code })
    if (found.found) return found
    throw refusal(found.retryAfterMs === null ? 'code' : 'tries', found.retryAfterMs)
  }

  app.post(
    '/join/preview',
    {
      bodyLimit,
      schema: {
        ...open,
        summary: 'Whose code it is, and what has to be accepted',
        body: closedObject({ code: JoinCode }),
        response: {
          200: Type.Object({
            course: CourseName,
            consentText: Type.Union([Type.String(), Type.Null()]),
            consentVersion: Type.Union([Type.String(), Type.Null()]),
          }),
          ...failures,
        },
      },
    },
    async ({ ip, body }) => {
      const { course, consent } = await find(ip, body.code)
      return { course, consentText: consent?.text ?? null, consentVersion: consent?.version ?? null }
    },
  )

  app.post(
    '/join',
    {
      bodyLimit,
      schema: {
        ...open,
        summary: 'Join by a code; answers the key',
        body: closedObject({
          code: JoinCode,
          name,
          email,
          consent: Type.Optional(Type.Boolean({ description: 'the text of the course is accepted' })),
          consentVersion: Type.Optional({
            ...properties.consent.anyOf[0],
            description: 'of the text that was read; without it, the text of now',
          }),
        }),
        response: {
          201: Type.Object({
            course: CourseName,
            studentId: Type.String(),
            key: Type.String({ description: 'shown this once, stored nowhere' }),
          }),
          ...failures,
        },
      },
    },
    async ({ ip, body }, reply) => {
      const { code, consent: accepted = false, consentVersion } = body
      const { course, consent } = await find(ip, code)
      const person = { name: body.name.trim(), email: body.email.trim() }
      refuseFaults(checkRoster([{ place: 'The form', id: '', ...person }], 1), 'You have not joined')
      if (consent && !accepted) throw refusal('consent', null)
      const { text: key, stored } = mintFor(course.id)
      refuseIfLeft(reply)
      const joined = await enter({
        ...{ address: networkOf(ip), code, courseId: course.id },
        student: { id: studentIdFor(person.email), ...person, key: stored },
        consent: consent && (consentVersion ?? consent.version),
      })
      if (!joined.joined) throw refusal(joined.reason, joined.retryAfterMs)
      return reply.code(201).send({ course, studentId: joined.student.id, key })
    },
  )
}
