import {
  AddRuleCall,
  ListPromptsCall,
  ListRulesCall,
  PublishCall,
  RemoveRuleCall,
  ResolveCall,
} from '@lectern/shared/contracts/prompts.ts'
import { connectBus, isConnected, leaveBus } from '@lectern/shared/nats/connect.ts'
import { followLogLevel } from '@lectern/shared/nats/log-level.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import { openPool } from '@lectern/shared/postgres/pool.ts'
import type { RunningService, ServiceContext } from '@lectern/shared/run.ts'
import { createCourseCache } from './cache.ts'
import { createAnnouncer, followChanges } from './changes.ts'
import type { Config } from './config.ts'
import { addRule } from './handlers/add-rule.ts'
import { listPrompts } from './handlers/list-prompts.ts'
import { listRules } from './handlers/list-rules.ts'
import { publish } from './handlers/publish.ts'
import { removeRule } from './handlers/remove-rule.ts'
import { resolve } from './handlers/resolve.ts'
import { createStore } from './store/store.ts'

/** Wires the service: a store in Postgres, a cache of it in memory, and the six calls. */
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
  responder.on(ResolveCall, resolve(cache))
  responder.on(PublishCall, publish(store, announcer))
  responder.on(ListPromptsCall, listPrompts(store))
  responder.on(AddRuleCall, addRule(store, announcer))
  responder.on(ListRulesCall, listRules(store))
  responder.on(RemoveRuleCall, removeRule(store, announcer))

  return {
    checks: { bus: () => isConnected(nc) },
    shared: {
      // What was in force stays in force from memory.
      database: async () => (await pool.query('SELECT 1')).rowCount === 1,
    },
    probes: { pg: () => pool.query('SELECT 1') },
  }
}
