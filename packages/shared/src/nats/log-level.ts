import type { NatsConnection } from '@nats-io/nats-core'
import { LogLevelChange } from '../contracts/ops.ts'
import { LOG_LEVEL_CHANGE } from '../contracts/subjects.ts'
import type { Logger } from '../log.ts'
import { validator } from '../schema.ts'

const MINUTE_MS = 60_000
const check = validator(LogLevelChange)

/** Does the work after a time; answers how to call it off. */
export type Later = (work: () => void, afterMs: number) => () => void

const onTimer: Later = (work, afterMs) => {
  const timer = setTimeout(work, afterMs).unref()
  return () => clearTimeout(timer)
}

/**
 * Changes how much this service logs when the bus says so, for the minutes that are said with it: a level that somebody
 * forgot would fill disks. Afterwards, and after a restart, the configured level is in force.
 */
export function followLogLevel(
  nc: NatsConnection,
  { name, log }: { name: string; log: Logger },
  later = onTimer,
): void {
  const configured = log.level
  let callOff = () => {}

  const goBack = () => {
    log.level = configured
    log.info({ to: configured }, 'log level: as configured again')
  }

  function follow({ service, level, minutes }: LogLevelChange): void {
    if (service !== '*' && service !== name) return
    callOff()
    if (minutes === 0) goBack()
    else change(level, minutes)
  }

  function change(level: LogLevelChange['level'], minutes: number): void {
    log.level = level
    // In a line that the new level shows, so that it is known why there are more or fewer of them.
    log[level]({ to: level, minutes }, 'log level: changed')
    callOff = later(goBack, minutes * MINUTE_MS)
  }

  nc.subscribe(LOG_LEVEL_CHANGE, {
    callback: (error, message) => {
      try {
        if (error) throw error
        follow(check(message.json()) as LogLevelChange)
      } catch (cause) {
        log.warn({ err: cause }, 'log level: a change could not be read')
      }
    },
  })
}
