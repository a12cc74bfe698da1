import fc from 'fast-check'
import * as faults from './model-faults.ts'
import * as holds from './model-holds.ts'
import type { Command } from './model-step.ts'

/** How often what happens: mostly reservations and their ends, with enough around them. */
const WEIGHTED: [number, fc.Arbitrary<Command>][] = [
  [10, holds.reserve],
  [8, holds.end],
  [4, holds.burst],
  [3, holds.reserveAgain],
  [3, holds.endAgain],
  [5, holds.storm],
  [2, holds.contradict],
  [2, holds.releaseByCall],
  [2, faults.grant],
  [2, faults.expire],
  [2, faults.wipe],
  [2, faults.copyFile],
  [2, faults.restoreFile],
  [1, faults.restart],
  [1, faults.nextWeek],
  [1, faults.changeCourse],
  [1, faults.changeKey],
  [2, faults.changeOwnKey],
  [1, faults.tryDeadKeys],
  [1, faults.forgetScripts],
  [1, faults.replicas],
]

export const anyCommand = fc.oneof(...WEIGHTED.map(([weight, arbitrary]) => ({ weight, arbitrary })))
