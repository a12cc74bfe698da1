import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createLog } from '@lectern/shared/log.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import openapiTs, { astToString } from 'openapi-typescript'
import { createApp } from '../src/app.ts'

/** Writes the types of the console's HTTP API, as its own OpenAPI document describes it. Nothing is asked or listens. */
export async function writeTypes(path: string): Promise<void> {
  const app = await createApp({
    // Only answering needs the bus, and what listens hears nothing.
    nc: { subscribe: () => undefined } as unknown as NatsConnection,
    log: createLog('console', 'silent'),
    needs: { checks: {}, shared: {} },
    adminToken: 'nobody-can-ask-this',
  })
  const document = JSON.stringify(app.swagger())
  await app.close()
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, astToString(await openapiTs(document)))
}
