import { type Clock, systemClock } from '@lectern/shared/clock.ts'
import {
  AddRuleCall,
  ListPromptsCall,
  ListRulesCall,
  PreviewCall,
  PublishCall,
  RemoveRuleCall,
  ResolveCall,
  RestoreCall,
  TestRulesCall,
  WithdrawCall,
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
  {
    replicas = 1,
    env = {},
    clock = systemClock,
  }: { replicas?: number; env?: Record<string, string>; clock?: Clock } = {},
) {
  const servers = await startTestServers(t, {
    nats: true,
    postgres: { schema: 'prompts', migrations: MIGRATIONS },
  })
  const { natsUrl, databaseUrl } = servers
  const own = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, ...env }
  const startReplica = () => startTestService(t, startService, Config, own, { clock })
  const running: Awaited<ReturnType<typeof startReplica>>[] = []
  for (let replica = 0; replica < replicas; replica++) running.push(await startReplica())
  const nc = await connectBus({ url: natsUrl, service: 'test', log: createLog('test', 'silent') })
  t.teardown(() => nc.close())
  const options = { timeoutMs: 10_000 }
  return {
    servers,
    nc,
    running,
    startReplica,
    resolve: requester(nc, ResolveCall, options),
    publish: requester(nc, PublishCall, options),
    listPrompts: requester(nc, ListPromptsCall, options),
    addRule: requester(nc, AddRuleCall, options),
    listRules: requester(nc, ListRulesCall, options),
    removeRule: requester(nc, RemoveRuleCall, options),
    restore: requester(nc, RestoreCall, options),
    withdraw: requester(nc, WithdrawCall, options),
    preview: requester(nc, PreviewCall, options),
    testRules: requester(nc, TestRulesCall, options),
  }
}
