import { CommonConfig } from '@lectern/shared/config.ts'
import { type Static, Type } from 'typebox'
import { SECRET_PATTERN } from './key-vault.ts'

const milliseconds = (fallback: number, description: string) =>
  Type.Integer({ default: fallback, minimum: 1, maximum: 86_400_000, description })

/** The environment of the gateway. */
export const Config = Type.Object({
  ...CommonConfig,
  PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65_535,
    description: 'port that students call; 0 picks a free one',
  }),
  LECTERN_PROVIDERS: Type.String({ minLength: 1, description: 'path of the providers file (YAML or JSON)' }),
  SPOOL_DIR: Type.String({
    minLength: 1,
    description: 'folder for records that the bus did not take; on a disk that outlives the process',
  }),
  SPOOL_MAX_BYTES: Type.Integer({
    default: 1024 ** 3,
    minimum: 1024,
    description: 'most that the spool may hold; 1 GiB is about 300,000 usual records, hours of a busy course',
  }),
  OPAQUE_USER_SECRET: Type.Optional(
    Type.String({
      minLength: 16,
      description:
        "keys the names that providers get to see instead of the students'; unset, the bus's password does",
    }),
  ),
  OWN_KEYS_SECRET: Type.Optional(
    Type.String({
      pattern: SECRET_PATTERN,
      description:
        'encrypts the provider keys that students bring: 32 random bytes or more, in hex or base64; unset, they cannot bring any',
    }),
  ),
  OWN_KEYS_SECRET_OLD: Type.Optional(
    Type.String({
      pattern: SECRET_PATTERN,
      description: 'the OWN_KEYS_SECRET before the present one: what it encrypted can still be read',
    }),
  ),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description:
      'addresses or CIDR ranges, separated by commas, whose X-Forwarded-For is believed; usually the balancer',
  }),
  DRAIN_DELAY_MS: Type.Integer({
    default: 0,
    minimum: 0,
    description:
      "time between 'not ready' and closing the port; set it to one probe interval behind a balancer",
  }),

  MAX_BODY_BYTES: Type.Integer({
    default: 4 * 1024 ** 2,
    minimum: 1024,
    description: 'largest request; 4 MiB carries several photographs, and 100 of them at once fit in memory',
  }),
  MAX_OPEN_REQUESTS: Type.Integer({
    default: 10_000,
    minimum: 1,
    description: 'requests open at once; beyond it clients are told to come back, before memory runs out',
  }),
  MAX_EVENT_LOOP_DELAY_MS: milliseconds(
    1000,
    'mean delay of the event loop that, three seconds in a row, refuses new requests; a healthy one is below 20 ms',
  ),
  ANSWER_CACHE_BYTES: Type.Integer({
    default: 64 * 1024 ** 2,
    minimum: 0,
    description:
      'answers kept for courses that give them again; 64 MiB are about 10,000 usual ones; 0 keeps none',
  }),
  BAD_KEYS_PER_MINUTE: Type.Integer({
    default: 600,
    minimum: 1,
    description:
      'wrong keys from one address; generous, because a campus is one address; valid keys in use still pass',
  }),

  CONNECT_TIMEOUT_MS: milliseconds(
    10_000,
    'connecting to a provider; a handshake around the world takes 1 s',
  ),
  POOL_WAIT_MS: milliseconds(5000, "waiting for one of a provider's connections to become free"),
  FIRST_BYTE_TIMEOUT_MS: milliseconds(
    60_000,
    'first byte of an answer; reasoning models think for tens of seconds',
  ),
  IDLE_TIMEOUT_MS: milliseconds(60_000, 'silence in the middle of an answer'),
  WRITE_IDLE_TIMEOUT_MS: milliseconds(60_000, 'a client that reads nothing of its stream is cut after this'),
  KEEP_ALIVE_MS: milliseconds(
    15_000,
    'a stream that has not begun says so, this often: proxies and clients give up on 30 to 60 s of silence',
  ),
  TOTAL_TIMEOUT_MS: milliseconds(
    600_000,
    'whole answer with all tries; the longest real ones take some minutes',
  ),
  HOLD_MARGIN_MS: milliseconds(
    60_000,
    'a hold outlives the longest answer by this, so that its record, spooled and replayed too, still finds it',
  ),

  BUS_TIMEOUT_MS: milliseconds(
    2000,
    'answer of another service; a healthy one takes milliseconds, a person waits',
  ),
  RECORD_ACK_TIMEOUT_MS: milliseconds(
    2000,
    'acknowledgement of a record, after which it is spooled; the end of an answer waits for it',
  ),
  POLICY_TTL_MS: milliseconds(
    10_000,
    'age at which a cached prompt is asked for anew, should a broadcast be lost',
  ),
})
export type Config = Static<typeof Config>
