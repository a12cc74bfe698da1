import t from 'tap'
import { FAULTS, type Fault } from './crash/faults.ts'
import { openSession } from './crash/session.ts'

/**
 * Each part dies or stands still once, under load, and nobody helps. What students may see meanwhile is defined; when all
 * is at rest the oracle of the crash suite finds every book in order. The long form: `npm run test:crash`.
 */

const SEED = 7
t.setTimeout(170_000)
const session = await openSession(t, SEED)

const LIST: Fault[][] = [
  [FAULTS.oneQuota, FAULTS.positions],
  [FAULTS.redisWiped],
  [FAULTS.gateway, FAULTS.repeats],
  [FAULTS.nats, FAULTS.prompts],
  [FAULTS.everyQuota, FAULTS.logger],
  [FAULTS.redis, FAULTS.loggerFrozen],
  [FAULTS.redisFrozen, FAULTS.natsFrozen],
  [FAULTS.postgres, FAULTS.late],
  [FAULTS.gatewayFrozen],
  [FAULTS.redisOlder],
]

let deniedRounds = 0

for (const faults of LIST) {
  const names = faults.map(({ name }) => name).join(', and ')
  t.test(`P1 P2 P3 P4 P11: ${names}: a defined answer, and every book agrees afterwards`, async t => {
    const { complaints, requests, refusals, ...round } = await session.round(faults)
    if (round.denials > 0) deniedRounds += 1
    t.comment(session.log.at(-1))
    t.same(complaints, [], 'nothing to complain of')
    if (!t.passing()) t.comment(`seed ${SEED}:\n${session.log.join('\n')}`)
    t.ok(requests > 10, 'there was a load')
    // What only stands still may be back before anybody minds.
    if (faults.some(({ noticed, kills }) => noticed === 'refusals' && kills)) {
      t.ok(refusals > 0, 'was noticed')
    }
  })
}

t.test('P1: budgets were at their ends meanwhile', async t => {
  t.ok(deniedRounds > LIST.length / 2, `in ${deniedRounds} rounds requests were refused for want of tokens`)
})
