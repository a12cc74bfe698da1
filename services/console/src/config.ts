import { CommonConfig } from '@lectern/shared/config.ts'
import { type Static, Type } from 'typebox'

/** Names of this machine for itself: browsers treat what it serves by http as they do https. */
export const LOOPBACK = '(localhost|127\\.0\\.0\\.1|\\[::1\\])'

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
    description: 'what scripts of the staff send as `Authorization: Bearer ...`; at least 16 characters',
  }),
  CONSOLE_URL: Type.Optional(
    Type.String({
      pattern: `^(https://[^/?#\\s]+|http://${LOOPBACK}(:\\d+)?)/?$`,
      description:
        'address of the console as staff reach it, without a path: https://, or http:// on this machine itself; without it, people sign in on this machine only',
    }),
  ),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description:
      'addresses or CIDR ranges, separated by commas, whose X-Forwarded-For is believed; usually the balancer',
  }),
  OIDC_ISSUER: Type.Optional(
    Type.String({
      pattern: `^(https://|http://${LOOPBACK}[:/])`,
      description:
        "issuer of the campus' OpenID Connect provider: https://; without it, people have passwords only",
    }),
  ),
  OIDC_CLIENT_ID: Type.Optional(
    Type.String({
      description: 'as the provider knows the console; its redirect URI is CONSOLE_URL/auth/oidc/callback',
    }),
  ),
  OIDC_CLIENT_SECRET: Type.Optional(Type.String({ description: 'none for a public client' })),
  OIDC_NAME: Type.String({
    default: 'OpenID Connect',
    maxLength: 60,
    description: 'what the button says: the name by which staff know the provider',
  }),
  OIDC_ADMIN_EMAILS: Type.String({
    default: '',
    description: 'e-mails, separated by commas: who signs in by the provider with one of these is an admin',
  }),
  GATEWAY_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'address of the gateway as students reach it, to be told to them; http:// or https://',
    }),
  ),
  GATEWAY_INTERNAL_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description:
        "where the console itself reaches the gateway, for the chat of the students' page; without it: GATEWAY_URL",
    }),
  ),
})
export type Config = Static<typeof Config>
