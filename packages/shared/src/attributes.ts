/** Every name of our own in traces and metrics, in one table. */

/** Attributes of spans. */
export const ATTRIBUTE = {
  /** What a Redis script answered: one of its replies. */
  scriptReply: 'lectern.redis.reply',
} as const

/** Counters. Those of the quota service mean that something went wrong somewhere: zero is the normal reading. */
export const COUNTER = {
  /** Accounts below zero by more than corrections explain. */
  overdrawn: 'lectern.quota.overdrawn',
  /** Accounts in Redis that differed from the ledger. */
  repaired: 'lectern.quota.repaired',
  /** Settlements that charged more than was held. */
  overcharged: 'lectern.quota.overcharged',
  /** Holds that nobody ended. */
  expired: 'lectern.quota.expired',
  /** Settlements of holds that had expired. */
  settledLate: 'lectern.quota.settled_late',
} as const
