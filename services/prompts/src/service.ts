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
import { connectBus, isConnected, leaveBus } from '@lectern/shared/nats/connect.ts'
import { followLogLevel } from '@lectern/shared/nats/log-level.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import { openPool } from '@lectern/shared/postgres/pool.ts'
import type { RunningService, ServiceContext } from '@lectern/shared/run.ts'
import { createCourseCache } from './cache.ts'
import { createAnnouncer, followChanges } from './changes.ts'
import type { Config } from './config.ts'
import { startDue } from './due.ts'
import { addRule } from './handlers/add-rule.ts'
import { listPrompts } from './handlers/list-prompts.ts'
import { listRules } from './handlers/list-rules.ts'
import { preview } from './handlers/preview.ts'
import { publish } from './handlers/publish.ts'
import { removeRule } from './handlers/remove-rule.ts'
import { resolve } from './handlers/resolve.ts'
import { restore, withdraw } from './handlers/restore.ts'
import { testRules } from './handlers/test-rules.ts'
import { createStore } from './store/store.ts'

/** Wires the service: a store in Postgres, a cache of it in memory, the calls, and what comes into force at its time. */
export async function startService(context: ServiceContext<Config>): Promise<RunningService> {
  const { config, log, clock, closing } = context
  const nc = await connectBus({ url: config.NATS_URL, service: 'prompts', log })
  closing.defer(() => leaveBus(nc))
  followLogLevel(nc, context)
  const pool = openPool('lectern-prompts', context)
  const store = createStore(pool, clock)
  const cache = createCourseCache({
    read: store.readCourse,
    clock,
    log,
    freshMs: config.CACHE_TTL_MS,
    staleMs: config.CACHE_STALE_MS,
  })
  // Before the first question can arrive: a change that is missed between the two would stay unseen for the whole TTL.
  followChanges(nc, { cache, log })
  const announcer = createAnnouncer(nc, { cache, log })
  closing.defer(() => announcer.stop())

  const responder = createResponder(nc, { queue: 'prompts', log })
  closing.defer(() => responder.drain())
  startDue({ store, announcer, clock, log, closing })
  responder.on(ResolveCall, resolve(cache, clock))
  responder.on(PublishCall, publish(store, announcer, clock))
  responder.on(RestoreCall, restore(store, announcer, clock))
  responder.on(WithdrawCall, withdraw(store, announcer))
  responder.on(PreviewCall, preview(cache, clock))
  responder.on(ListPromptsCall, listPrompts(store))
  responder.on(AddRuleCall, addRule(store, announcer))
  responder.on(ListRulesCall, listRules(store))
  responder.on(RemoveRuleCall, removeRule(store, announcer))
  responder.on(TestRulesCall, testRules(cache))

  return {
    checks: { bus: () => isConnected(nc) },
    shared: {
      // What was in force stays in force from memory.
      database: async () => (await pool.query('SELECT 1')).rowCount === 1,
    },
    probes: { pg: () => pool.query('SELECT 1') },
  }
}
