import { CommonConfig } from '@lectern/shared/config.ts'
import { type Static, Type } from 'typebox'

export const Config = Type.Object({
  ...CommonConfig,
  PORT: Type.Integer({
    default: 8081,
    minimum: 0,
    maximum: 65535,
    description: "port of the staff's API; 0 picks a free one",
  }),
  DRAIN_DELAY_MS: Type.Integer({
    default: 0,
    minimum: 0,
    description:
      "time between 'not ready' and closing the port; set it to one probe interval behind a balancer",
  }),
  ADMIN_TOKEN: Type.String({
    // 16 characters of a random token are out of reach of guessing over a network.
    minLength: 16,
    description: 'what staff send as `Authorization: Bearer ...`; at least 16 characters',
  }),
  GATEWAY_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'address of the gateway as students reach it, to be told to them; http:// or https://',
    }),
  ),
})
export type Config = Static<typeof Config>
