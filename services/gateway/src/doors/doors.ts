import { chatDoor } from './chat.ts'
import type { Door } from './door.ts'

/** All ways to a model. Each is paid, prompted and recorded by the same journey. */
export const DOORS: readonly Door[] = [chatDoor]
