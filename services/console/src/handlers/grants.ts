import { randomUUIDv7 } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  GrantCall,
  LedgerEntry,
  ListLedgerCall,
  StudentBalanceCall,
} from '@lectern/shared/contracts/budget.ts'
import { PageQuery, RequestId, Week } from '@lectern/shared/contracts/fields.ts'
import { Balance } from '@lectern/shared/contracts/quota.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { actorOf } from '../caller.ts'
import { closedObject, failures, pageOf, StudentParams, WeekOnly } from '../schemas.ts'

const { week, tokens, reason } = GrantCall.request.properties
const tags = ['budget']

/** A student's tokens: grants, balance, ledger; answered by the quota service. */
export const grants: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const grant = requester(nc, GrantCall)
  const balance = requester(nc, StudentBalanceCall)
  const listLedger = requester(nc, ListLedgerCall)

  app.post(
    '/students/:student/grants',
    {
      schema: {
        tags,
        summary: 'Grant tokens for a week; a negative number is a correction',
        params: StudentParams,
        // Other headers are none of ours, so this object stays open.
        headers: Type.Object({
          'idempotency-key': Type.Optional({ ...RequestId, description: 'repeated: granted once' }),
        }),
        body: closedObject({ week, tokens, reason }),
        response: { 201: LedgerEntry, ...failures },
      },
    },
    async (request, reply) => {
      const asked = { studentId: request.params.student, ...request.body }
      const grantId = request.headers['idempotency-key'] ?? randomUUIDv7()
      const entry = await grant({ grantId, ...asked, actor: actorOf(request) })
      if (entry.studentId !== asked.studentId || entry.week !== asked.week || entry.tokens !== asked.tokens) {
        throw new LecternError('conflict', {
          message: 'This Idempotency-Key was used for another grant. Use a new one for each grant.',
          param: 'Idempotency-Key',
        })
      }
      return reply.code(201).send(entry)
    },
  )

  app.get(
    '/students/:student/balance',
    {
      schema: {
        tags,
        summary: "A student's tokens in a week; without one: the running week",
        params: StudentParams,
        querystring: WeekOnly,
        response: { 200: Balance, ...failures },
      },
    },
    async request => balance({ studentId: request.params.student, week: request.query.week ?? null }),
  )

  app.get(
    '/students/:student/ledger',
    {
      schema: {
        tags,
        summary: 'Every entry behind the balances, newest first; without a week: of all weeks',
        params: StudentParams,
        querystring: closedObject({ week: Type.Optional(Week), ...PageQuery }),
        response: { 200: pageOf(LedgerEntry), ...failures },
      },
    },
    async request => {
      const { week: asked = null, ...page } = request.query
      return listLedger({ studentId: request.params.student, week: asked, ...page })
    },
  )
}
