import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'

const TAGS = [
  { name: 'staff', description: 'Who the staff are, and their roles in courses' },
  { name: 'session', description: 'Signing in and out' },
  { name: 'courses', description: 'Calendar, allowance and models of a course' },
  { name: 'students', description: 'The roster of a course' },
  { name: 'keys', description: "Students' API keys; the text of a key is in the answer that made it, once" },
  { name: 'budget', description: 'Grants, balances and the ledger' },
  { name: 'prompts', description: 'The system prompt of each week' },
  { name: 'rules', description: 'What is blocked or guided' },
  { name: 'conversations', description: 'What was asked and answered' },
  { name: 'use', description: 'How a course uses what it has' },
  { name: 'audit', description: 'What staff did and read' },
  { name: 'join', description: 'Students join a course by its code' },
  { name: 'me', description: "Students' own page, by the cookie of their session" },
  { name: 'health', description: 'For operators and balancers' },
]

/** The frame of `/openapi.json`; the routes add themselves from their schemas. */
export function openApi(gatewayUrl: string | undefined): FastifyDynamicSwaggerOptions {
  const gateway = gatewayUrl ? ` Students' gateway: ${gatewayUrl}/v1` : ''
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: "Lectern: the staff's API",
        description: `Courses, students, keys, budgets, prompts and conversations.${gateway}`,
        version: '1.0.0',
      },
      tags: TAGS,
      components: {
        securitySchemes: {
          staff: { type: 'http', scheme: 'bearer', description: 'the token of scripts' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: '__Host-lectern',
            description: 'of a person; changes also need the header x-csrf-token',
          },
          student: {
            type: 'apiKey',
            in: 'cookie',
            name: '__Host-lectern-student',
            description: 'of a student; changes also need the header x-csrf-token',
          },
        },
      },
      security: [{ staff: [] }, { session: [] }],
    },
  }
}
