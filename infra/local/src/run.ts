import { join } from 'node:path'
import { banner } from './banner.ts'
import { followLogs } from './follow.ts'
import { claimHome, type Home } from './home.ts'
import { launch } from './launch.ts'
import { type Options, readOptions, UserError } from './options.ts'
import type { Say } from './progress.ts'
import { DemoFile } from './state.ts'
import { GaveUp, Supervisor } from './supervisor.ts'
import { startTracing } from './trace/tracing.ts'

/** `npm start`: starts everything, keeps it running until it is told to stop; answers the exit code. */
export async function run(args: string[], env: NodeJS.ProcessEnv, say: Say): Promise<number> {
  const stopped = stopRequested()
  try {
    const options = readOptions(args, env)
    const home = await claimHome(options.home, say)
    try {
      await keepRunning(options, home, stopped, say)
    } finally {
      home.release()
    }
    return 0
  } catch (error) {
    say(`\n${explain(error)}`)
    return 1
  }
}

async function keepRunning(options: Options, home: Home, stopped: Promise<string>, say: Say): Promise<void> {
  say(`Starting Lectern in ${home.path}`)
  if (options.verbose) followLogs(join(home.path, 'logs'), say).catch(error => say(String(error)))
  const demoFile = new DemoFile(home.path)
  const supervisor = new Supervisor({
    say,
    changed: pids => demoFile.update(pids),
  })
  const tracing = options.trace ? await startTracing(process.env, say) : undefined
  const launching = launch(options, home, supervisor, { say, tracing }).then(async launched => {
    await demoFile.publish(launched.demo)
    say(banner(launched, home, options))
    return supervisor.failed
  })
  // Of no interest once one of the others has ended the wait.
  launching.catch(() => {})
  try {
    const reason = await Promise.race([launching, supervisor.failed, stopped])
    say(`\n${reason}: stopping everything`)
  } finally {
    await supervisor.stop()
    await tracing?.close()
    await demoFile.update({})
    say('Lectern has stopped.')
  }
}

/** Resolves at the first request to stop. Later ones change nothing: npm repeats a Ctrl-C that we already have. */
function stopRequested(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
  // Whoever started us by a channel is gone: nobody could stop us any more.
  process.on('disconnect', () => resolve('The starting process has ended'))
  process.channel?.unref()
  // Nobody reads any more (`npm start | head`). That is no reason to break down.
  process.stdout.on('error', () => {})
  return promise
}

/** What went wrong, for a person: a stack only where the fault is ours. */
function explain(error: unknown): string {
  if (error instanceof UserError || error instanceof GaveUp) return error.message
  return error instanceof Error ? `Lectern could not start: ${error.message}` : String(error)
}
