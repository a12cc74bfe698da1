import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Outcome, Plan } from './plan.ts'

export interface Generator {
  pid: number
  /** One plan at a time. */
  run(plan: Plan): Promise<Outcome>
}

/** Starts the process that makes the load. */
export function startGenerator(closing: AsyncDisposableStack): Generator {
  const child = fork(fileURLToPath(new URL('main.ts', import.meta.url)), { execArgv: [] })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the generator of load ended with ${code}`)
  })
  ended.catch(() => {})
  closing.defer(() => stop(child))
  return {
    pid: child.pid ?? 0,
    async run(plan) {
      const answered = once(child, 'message')
      child.send(plan)
      const [outcome] = await Promise.race([answered, ended])
      return outcome as Outcome
    },
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  await ended
}
