import {
  AddRuleCall,
  ListPromptsCall,
  ListRulesCall,
  PublishCall,
  RemoveRuleCall,
  ResolveCall,
} from '@lectern/shared/contracts/prompts.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { startTestServers, type Test } from '@lectern/shared/testing/servers.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import { Config } from '../src/config.ts'
import { startService } from '../src/service.ts'

export const MIGRATIONS = new URL('../prisma/migrations', import.meta.url)

/** Real servers, replicas of the service on them, and the calls as the console and the gateway make them. */
export async function startPrompts(
  t: Test,
  { replicas = 1, env = {} }: { replicas?: number; env?: Record<string, string> } = {},
) {
  const servers = await startTestServers(t, {
    nats: true,
    postgres: { schema: 'prompts', migrations: MIGRATIONS },
  })
  const { natsUrl, databaseUrl } = servers
  for (let replica = 0; replica < replicas; replica++) {
    await startTestService(t, startService, Config, { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, ...env })
  }
  const nc = await connectBus({ url: natsUrl, service: 'test', log: createLog('test', 'silent') })
  t.teardown(() => nc.close())
  const options = { timeoutMs: 10_000 }
  return {
    servers,
    nc,
    resolve: requester(nc, ResolveCall, options),
    publish: requester(nc, PublishCall, options),
    listPrompts: requester(nc, ListPromptsCall, options),
    addRule: requester(nc, AddRuleCall, options),
    listRules: requester(nc, ListRulesCall, options),
    removeRule: requester(nc, RemoveRuleCall, options),
  }
}
