import type { Deployment } from './provider.ts'

/** Decides which deployment gets a request. */
export interface Balancer {
  /** One of the candidates; at least one is given. */
  choose(candidates: readonly Deployment[]): Deployment
}

/** At random, in proportion to the weights: no state, so that any number of gateways agree without talking. */
export function weightedBalancer(random: () => number = Math.random): Balancer {
  return {
    choose(candidates) {
      const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
      let rest = random() * total
      for (const candidate of candidates) {
        rest -= candidate.weight
        if (rest < 0) return candidate
      }
      // A rounding error at the very end, or weights that are all zero.
      const last = candidates.at(-1)
      if (!last) throw new RangeError('there is no deployment to choose from')
      return last
    },
  }
}
