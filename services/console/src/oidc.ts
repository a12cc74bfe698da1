import { LecternError } from '@lectern/shared/errors.ts'
import * as client from 'openid-client'
import type { Config } from './config.ts'

/** The campus' OpenID Connect provider. */
export interface OidcSettings {
  issuer: string
  clientId: string
  clientSecret: string | undefined
  name: string
  /** In lower case. */
  adminEmails: ReadonlySet<string>
}

/** What must be the same when a person comes back: kept by their browser meanwhile. */
export interface Flow {
  verifier: string
  state: string
  nonce: string
}

/** Whom the provider vouches for. */
export interface Vouched {
  /** Issuer and subject: never given to anybody else, unlike an e-mail. */
  subject: string
  email: string | undefined
  emailVerified: boolean
  name: string | undefined
}

export interface Oidc {
  /** Where a person signs in, and what their browser has to keep. */
  begin(redirectUri: string): Promise<{ url: string; flow: Flow }>
  /** Whoever came back to `url`. Throws where code, state, nonce or a signature is wrong. */
  finish(url: URL, flow: Flow): Promise<Vouched>
}

/** A person waits for it. */
const TIMEOUT_S = 10

/** Null: there is no provider. Throws for half of one. */
export function oidcSettingsOf(config: Config): OidcSettings | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId } = config
  if (issuer === undefined && clientId === undefined) return null
  if (issuer === undefined || clientId === undefined) {
    throw new Error('OIDC_ISSUER and OIDC_CLIENT_ID belong together: set both, or none of them')
  }
  const emails = config.OIDC_ADMIN_EMAILS.split(',').map(email => email.trim().toLowerCase())
  return {
    issuer,
    clientId,
    clientSecret: config.OIDC_CLIENT_SECRET,
    name: config.OIDC_NAME,
    adminEmails: new Set(emails.filter(Boolean)),
  }
}

/** The authorization code flow with PKCE, state and nonce. The provider is asked what it is like when it is first needed. */
export function createOidc({ issuer, clientId, clientSecret }: OidcSettings): Oidc {
  let known: Promise<client.Configuration> | undefined
  const discover = () => {
    known ??= client
      .discovery(
        new URL(issuer),
        clientId,
        {},
        clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret),
        // On this machine itself, for tests.
        { timeout: TIMEOUT_S, execute: issuer.startsWith('http:') ? [client.allowInsecureRequests] : [] },
      )
      .catch((cause: unknown) => {
        known = undefined
        throw new LecternError('service_unavailable', { retryAfterMs: 5000, cause })
      })
    return known
  }
  return {
    async begin(redirectUri) {
      const configuration = await discover()
      const flow = {
        verifier: client.randomPKCECodeVerifier(),
        state: client.randomState(),
        nonce: client.randomNonce(),
      }
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
        code_challenge_method: 'S256',
        state: flow.state,
        nonce: flow.nonce,
      })
      return { url: url.href, flow }
    },

    async finish(url, { verifier, state, nonce }) {
      const configuration = await discover()
      const tokens = await client.authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (!claims) throw new Error('the provider gave no ID token')
      const { iss, sub } = claims
      // Many providers keep e-mail and name out of the ID token.
      const told =
        claims.email === undefined
          ? await client.fetchUserInfo(configuration, tokens.access_token, sub)
          : claims
      const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
      return {
        subject: `${iss} ${sub}`,
        email: textOf(told.email),
        emailVerified: told.email_verified === true,
        name: textOf(told.name),
      }
    },
  }
}
