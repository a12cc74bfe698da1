import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { GetCourseCall } from '@lectern/shared/contracts/courses.ts'
import {
  AddRuleCall,
  ListRulesCall,
  RemoveRuleCall,
  Rule,
  TestRulesCall,
} from '@lectern/shared/contracts/prompts.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { CourseParams, closedObject, failures, PageOnly, pageOf, RuleParams } from '../schemas.ts'

const { kind, pattern, message, fromWeek, toWeek } = AddRuleCall.request.properties
const { text, week } = TestRulesCall.request.properties
const tags = ['rules']

/** What is blocked and guided in a course: answered by the prompts service. */
export const rules: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  // The prompts service keeps what it is told: whether there is such a course, only quota knows.
  const getCourse = requester(nc, GetCourseCall)
  const addRule = requester(nc, AddRuleCall)
  const listRules = requester(nc, ListRulesCall)
  const removeRule = requester(nc, RemoveRuleCall)
  const testRules = requester(nc, TestRulesCall)

  app.post(
    '/courses/:course/rules',
    {
      schema: {
        tags,
        summary: 'Add a rule: block answers instead of the model, guide adds to the prompt',
        params: CourseParams,
        body: closedObject({ kind, pattern, message, fromWeek, toWeek }),
        response: { 201: Rule, ...failures },
      },
    },
    async (request, reply) => {
      const { course: courseId } = request.params
      await getCourse({ courseId })
      return reply.code(201).send(await addRule({ courseId, ...request.body }))
    },
  )

  app.get(
    '/courses/:course/rules',
    {
      schema: {
        tags,
        summary: 'List the rules of a course',
        params: CourseParams,
        querystring: PageOnly,
        response: { 200: pageOf(Rule), ...failures },
      },
    },
    async request => {
      const { course: courseId } = request.params
      const [page] = await Promise.all([listRules({ courseId, ...request.query }), getCourse({ courseId })])
      return page
    },
  )

  app.delete(
    '/courses/:course/rules/:rule',
    {
      schema: {
        tags,
        summary: 'Remove a rule',
        params: RuleParams,
        response: { 200: Rule, ...failures },
      },
    },
    async request => removeRule({ courseId: request.params.course, ruleId: request.params.rule }),
  )

  app.post(
    '/courses/:course/rules/test',
    {
      schema: {
        tags,
        summary: 'Which rules hit a text, and where; also one that is not saved yet',
        params: CourseParams,
        body: closedObject({ text, week: Type.Optional(week), pattern: Type.Optional(pattern) }),
        response: { 200: TestRulesCall.reply, ...failures },
      },
    },
    async request => {
      const { course: courseId } = request.params
      await getCourse({ courseId })
      return testRules({ courseId, ...request.body })
    },
  )
}
