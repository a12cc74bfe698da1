import type { Any } from './objects.ts'

/**
 * Asks the schemas of the Kubernetes API (and of KEDA) what is wrong with an object. The schemas alone let unknown fields pass,
 * as an old API server does: it drops them, and a probe with a typo in its name is no probe. So it is also watched which
 * fields the schema asked for: one that it never looked at is one that it does not know.
 */
export async function faultsOf(object: Any): Promise<string[]> {
  const validate = await validatorOf(object)
  const unknown = new Map<object, string>()
  const known = new Map<object, Set<string>>()
  const watched = watch(object, '', { unknown, known })
  const faults: string[] = []
  try {
    validate.call(watched)
  } catch (error) {
    faults.push(...(error as Error).message.split(', '))
  }
  for (const [part, path] of unknown) {
    for (const name of Object.keys(part)) {
      if (!known.get(part)?.has(name)) faults.push(`data${path}/${name} is unknown`)
    }
  }
  return faults
}

type Validate = (this: object) => void

async function validatorOf({ apiVersion, kind }: Any): Promise<Validate> {
  const from = apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models'
  const module = (await import(`${from}/${apiVersion}/${kind}`)) as Record<
    string,
    { prototype: { validate: Validate } }
  >
  const model = module[kind]
  if (!model) throw new Error(`no schema for ${apiVersion} ${kind}`)
  return model.prototype.validate
}

interface Seen {
  /** Each part of the object with its path, as far as it has been looked at. */
  unknown: Map<object, string>
  known: Map<object, Set<string>>
}

/** A view of the object that notes which fields are asked for. A map, whose names are free, is asked for all of them. */
function watch(part: object, path: string, seen: Seen): object {
  if (Array.isArray(part)) {
    return part.map((item, index) => (isObject(item) ? watch(item, `${path}/${index}`, seen) : item))
  }
  const asked = seen.known.get(part) ?? new Set()
  seen.known.set(part, asked)
  seen.unknown.set(part, path)
  return new Proxy(part, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof name === 'symbol') return value
      asked.add(name)
      return isObject(value) ? watch(value, `${path}/${name}`, seen) : value
    },
    ownKeys(target) {
      for (const name of Object.keys(target)) asked.add(name)
      return Reflect.ownKeys(target)
    },
  })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
