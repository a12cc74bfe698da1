/** What the API says when it does not do what was asked; `message` is English and for people. */
export class Problem extends Error {
  readonly status: number
  /** A code of the error catalogue, or `network` where there was no answer at all. */
  readonly code: string
  /** The field at fault, where one is. */
  readonly param: string | null
  readonly retryAfterSeconds: number | null

  constructor(
    status: number,
    code: string,
    message: string,
    param: string | null,
    retryAfterSeconds: number | null,
  ) {
    super(message)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.param = param
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Reads the body of an error answer, whatever it is. */
export function toProblem(response: Pick<Response, 'status' | 'headers'>, body: unknown): Problem {
  const error = (body as { error?: Record<string, unknown> } | undefined)?.error
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new Problem(
    response.status,
    text(error?.code) ?? 'internal_error',
    text(error?.message) ?? `The server answered ${response.status}.`,
    text(error?.param),
    Number.isFinite(seconds) ? seconds : null,
  )
}

/** One fault of a refused form: the place as the API names it, and what is wrong there. */
export interface FieldFault {
  place: string
  text: string
}

/** The single faults of a refusal: the API lists several as lines `- weeks must be >= 1`. */
export function faultsOf({ message, param }: Pick<Problem, 'message' | 'param'>): FieldFault[] {
  const lines = message.split('\n').flatMap(line => /^- (\S+) (.+)$/.exec(line) ?? [])
  const faults: FieldFault[] = []
  for (let index = 0; index < lines.length; index += 3) {
    faults.push({ place: lines[index + 1] ?? '', text: lines[index + 2] ?? '' })
  }
  if (faults.length > 0) return faults
  return param ? [{ place: param, text: message }] : []
}
