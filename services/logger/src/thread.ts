import { createHash } from 'node:crypto'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { isObject, textOf } from '@lectern/shared/message-text.ts'

/**
 * A chat client sends the whole history each time, so each request of a chat begins with all that the one before it said and
 * was answered. From that requests are put together to threads. Pure.
 */

/** What of a request is needed for it: digests instead of texts. */
export interface Turns {
  id: string
  startedAtMs: number
  /** Of everything up to each turn. */
  history: string[]
  /** What the next request of the thread begins with; one for each answer. */
  ends: string[]
}

/** The turns of a request: what somebody said, without the frame around it, which clients write anew each time. */
export function turnsOf({
  id,
  startedAtMs,
  messages,
  answers,
}: Pick<ConversationRecord, 'id' | 'startedAtMs' | 'messages' | 'answers'>): Turns {
  let last = ''
  const history = messages.filter(isSaid).map(({ role, content }) => {
    last = digest(last, role, textOf(content))
    return last
  })
  const texts = answers.map(({ text }) => text.trim()).filter(text => text !== '')
  // A call of a tool has no text, and nor has an answer that failed: what follows goes on from the question.
  const ends = texts.length > 0 ? texts.map(text => digest(last, 'assistant', text)) : [last]
  return { id, startedAtMs, history, ends }
}

/** Who is of the same thread as a request, in order, each with the request that it goes on from. */
export function threadOf(id: string, requests: readonly Turns[]): { id: string; parentId: string | null }[] {
  const inOrder = requests.toSorted((a, b) => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1))
  const parents = parentsOf(inOrder)
  const rootOf = (member: string): string => {
    for (let parent = parents.get(member); parent; parent = parents.get(member)) member = parent
    return member
  }
  const root = rootOf(id)
  return inOrder
    .filter(request => rootOf(request.id) === root)
    .map(request => ({ id: request.id, parentId: parents.get(request.id) ?? null }))
}

/** For each request the one before it whose end is the longest part of its history; of several the newest. */
function parentsOf(inOrder: readonly Turns[]): Map<string, string> {
  const ending = new Map<string, string>()
  const parents = new Map<string, string>()
  for (const { id, history, ends } of inOrder) {
    const known = history.findLast(step => ending.has(step))
    if (known !== undefined) parents.set(id, ending.get(known) as string)
    for (const end of ends) if (end !== '') ending.set(end, id)
  }
  return parents
}

interface Said {
  role: string
  content: unknown
}

function isSaid(message: unknown): message is Said {
  if (!isObject(message) || typeof message.role !== 'string') return false
  return !['system', 'developer'].includes(message.role) && textOf(message.content).trim() !== ''
}

function digest(before: string, role: string, text: string): string {
  return createHash('sha256').update(`${before}\0${role}\0${text.trim()}`).digest('base64url')
}
