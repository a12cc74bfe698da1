import { chatDoor } from './chat.ts'
import { completionsDoor } from './completions.ts'
import type { Door } from './door.ts'
import { embeddingsDoor } from './embeddings.ts'
import { messagesDoor } from './messages.ts'
import { responsesDoor } from './responses.ts'
import { trialDoor } from './trial.ts'

/** All ways to a model. Each is paid, prompted and recorded by the same journey. */
export const DOORS: readonly Door[] = [
  chatDoor,
  responsesDoor,
  messagesDoor,
  completionsDoor,
  embeddingsDoor,
  trialDoor,
]
