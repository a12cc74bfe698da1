import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivately } from './state.ts'

/** Every password that the processes of one home use among themselves, and the staff's token. */
export interface Secrets {
  adminToken: string
  database: Record<'quota' | 'prompts' | 'logger', string>
  /** One for each service, and one for people and tests (`ops`), who may see everything. */
  nats: Record<'ops' | 'gateway' | 'quota' | 'prompts' | 'logger' | 'console', string>
  /** Encrypts the provider keys that students bring. */
  ownKeys: string
}

/** The secrets of this home; made up at the first start and kept, since data and students depend on them. */
export async function loadSecrets(home: string): Promise<Secrets> {
  const path = join(home, 'secrets.json')
  let kept: Partial<Secrets> = {}
  try {
    kept = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`${path} cannot be read: ${(error as Error).message}`)
    }
  }
  const made = newSecrets()
  // One that an older version made has not all of them.
  const secrets = { ...made, ...kept }
  if (Object.keys(made).some(name => !(name in kept))) await writePrivately(path, secrets)
  return secrets
}

function newSecrets(): Secrets {
  // Hexadecimal: safe in a URL, in SQL and in NATS' configuration, where other text would be quoted differently.
  const secret = () => randomBytes(24).toString('hex')
  return {
    adminToken: `admin_${secret()}`,
    database: { quota: secret(), prompts: secret(), logger: secret() },
    // A password of digits only would be read as a number: these begin with a letter.
    nats: {
      ops: `p${secret()}`,
      gateway: `p${secret()}`,
      quota: `p${secret()}`,
      prompts: `p${secret()}`,
      logger: `p${secret()}`,
      console: `p${secret()}`,
    },
    ownKeys: randomBytes(32).toString('hex'),
  }
}
