/** Every name of our own in traces, in one table (those of metrics: `metric-table.ts`). */

/** Attributes of spans. */
export const ATTRIBUTE = {
  /** What a Redis script answered: one of its replies. */
  scriptReply: 'lectern.redis.reply',
} as const
