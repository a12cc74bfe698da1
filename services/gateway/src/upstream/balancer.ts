import type { Deployment } from './provider.ts'

/** Decides which deployment gets a request. */
export interface Balancer {
  /** One of the candidates; at least one is given. */
  choose(candidates: readonly Deployment[]): Deployment
}

/** How requests are spread over the deployments of a model. Each gateway decides by what it sees itself. */
export const BALANCES = ['weighted', 'least-in-flight', 'latency'] as const
export type Balance = (typeof BALANCES)[number]

type Random = () => number

/** The balancer of that name. In all of them a weight of 0 is for when the others cannot be used. */
export function createBalancer(balance: Balance, random: Random = Math.random): Balancer {
  const choose = { weighted, 'least-in-flight': leastInFlight, latency: quickerOfTwo }[balance]
  return {
    choose(candidates) {
      const weighty = candidates.filter(({ weight }) => weight > 0)
      return choose(weighty.length > 0 ? weighty : candidates, random)
    },
  }
}

/** At random, in proportion to the weights: no state, so that any number of gateways agree without talking. */
function weighted(candidates: readonly Deployment[], random: Random): Deployment {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  let rest = random() * total
  for (const candidate of candidates) {
    rest -= candidate.weight
    if (rest < 0) return candidate
  }
  // A rounding error at the very end, or weights that are all zero.
  return lastOf(candidates)
}

/** The one with the fewest requests on their way, in proportion to its weight; of several, one by weight. */
function leastInFlight(candidates: readonly Deployment[], random: Random): Deployment {
  const least = Math.min(...candidates.map(busyness))
  return weighted(
    candidates.filter(candidate => busyness(candidate) === least),
    random,
  )
}

/** With the next request in it, so that among idle ones a heavier weight is already less busy. */
function busyness({ load, weight }: Deployment): number {
  return weight > 0 ? (load.inFlight + 1) / weight : load.inFlight
}

/**
 * Of two chosen by weight, the one that is expected to answer first. Two are nearly as good as looking at all of them, and
 * gateways that know the same do not all run to the same one (Mitzenmacher, "The Power of Two Choices", 2001).
 */
function quickerOfTwo(candidates: readonly Deployment[], random: Random): Deployment {
  const first = weighted(candidates, random)
  const others = candidates.filter(candidate => candidate !== first)
  if (others.length === 0) return first
  const second = weighted(others, random)
  return second.load.costMs < first.load.costMs ? second : first
}

function lastOf(candidates: readonly Deployment[]): Deployment {
  const last = candidates.at(-1)
  if (!last) throw new RangeError('there is no deployment to choose from')
  return last
}
