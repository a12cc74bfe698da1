/** What the generator is told to do, and what it answers: messages between its process and the benchmark's. */
export interface Plan {
  /** Turns with the same name are added up. */
  series: string
  /** Its latencies are thrown away. */
  warmUp?: boolean
  /** Servers; each user has one of them. */
  urls: string[]
  /** Lines of headers, `\r\n` behind each: of each user another one. */
  heads: string[]
  /** Each request takes the next of them instead. */
  rotate?: boolean
  body: string
  /** Statuses that are no error. An answer of 200 must be complete as well: a stream with its `[DONE]`. */
  statuses: number[]
  seconds: number
  /** Closed loop: so many users, each of whom asks when the answer before is there. */
  users?: number
  /** Between an answer and the next question of the same user. */
  pauseMs?: number
  /** The users begin evenly within this time. */
  rampMs?: number
  /** Open loop instead: so many requests a second, whatever has been answered. */
  ratePerSecond?: number
  /** After its time, open requests are cut off, and are no errors. */
  cut?: boolean
}

export interface Times {
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

/** Of all turns of a series until now. */
export interface Outcome {
  requests: number
  /** Answered within the time of the turns, for each second of them. */
  perSecond: number
  errors: Record<string, number>
  /** Streams that ran when they were cut off. */
  open: number
  /** From the moment when a request was due to its last byte. */
  total: Times
  /** ... to the first byte of its body. */
  first: Times
  /** Of the last turn alone: to divide processor time by. */
  turnRequests: number
}
