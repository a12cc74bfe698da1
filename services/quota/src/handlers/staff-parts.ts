import type { Clock } from '@lectern/shared/clock.ts'
import type { StaffStores } from '../store/stores.ts'

/** What the handlers of `staff.*` share. */
export interface StaffParts extends StaffStores {
  clock: Clock
}
