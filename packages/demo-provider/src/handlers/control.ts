import { directiveInJson } from '../directive.ts'
import { ApiError } from '../errors.ts'
import { isObject } from '../request.ts'
import type { Call } from '../routes.ts'

/** GET /control: what is in force, and how many requests are held. */
export async function showControl({ exchange, control }: Call): Promise<void> {
  await exchange.json(200, control.state())
}

/** POST /control: a directive for all requests (times null or absent) or the next so many; the keys to accept. */
export async function setControl({ exchange, control, body }: Call): Promise<void> {
  const { directive, times = null, keys } = fieldsOf(body, ['directive', 'times', 'keys'])
  if (times !== null && !(Number.isInteger(times) && Number(times) >= 0)) {
    throw new ApiError(400, 'times must be null or a whole number.', { param: 'times' })
  }
  const keysFit = Array.isArray(keys) && keys.every(key => typeof key === 'string')
  if (keys !== undefined && keys !== null && !keysFit) {
    throw new ApiError(400, 'keys must be null or a list of API keys.', { param: 'keys' })
  }
  if (directive !== undefined) control.direct(directiveInJson(directive), times as number | null)
  if (keys !== undefined) control.accept(keys as string[] | null)
  await exchange.json(200, control.state())
}

/** DELETE /control: everything as after the start, what is held goes on. */
export async function resetControl({ exchange, control }: Call): Promise<void> {
  control.reset()
  await exchange.json(200, control.state())
}

/** POST /control/release: lets the requests that are held under a name go on. */
export async function releaseHeld({ exchange, control, body }: Call): Promise<void> {
  const { name } = fieldsOf(body, ['name'])
  if (typeof name !== 'string') throw new ApiError(400, 'name must be a text.', { param: 'name' })
  await exchange.json(200, { released: control.release(name) })
}

/** GET /control/requests: the recorded requests, oldest first. */
export async function showRequests({ exchange, recorder }: Call): Promise<void> {
  await exchange.json(200, { requests: recorder.requests })
}

/** DELETE /control/requests: forgets them. */
export async function clearRequests({ exchange, recorder }: Call): Promise<void> {
  recorder.clear()
  await exchange.json(200, { requests: [] })
}

function fieldsOf(body: unknown, known: string[]): Record<string, unknown> {
  if (!isObject(body)) throw new ApiError(400, 'The body must be a JSON object.')
  const unknown = Object.keys(body).find(key => !known.includes(key))
  if (unknown) throw new ApiError(400, `Unknown field "${unknown}". Known are: ${known.join(', ')}.`)
  return body
}
