/** One thing that is wrong with what was sent. */
export interface Fault {
  /** Where: `messages[0].role`, `line 3`; empty: the whole. */
  place: string
  /** What, as the rest of an English sentence that begins with the place. */
  text: string
  /** The keyword of JSON Schema that is not met (`required`, `maximum`, `additionalProperties`), where a schema found it. */
  code?: string
  /** The bound of that keyword, where it has one. */
  limit?: number
}
