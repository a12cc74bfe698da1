import { useCallback, useEffect, useRef, useState } from 'react'
import type { ChatMessage } from '../../api/student.ts'
import { answerTexts } from './answer-stream.ts'

/** As many messages as one request takes. */
const MOST = 200

export interface ChatRequest {
  model: string
  messages: ChatMessage[]
}
/** Sends a request; answers its stream of events. */
export type SendChat = (request: ChatRequest, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>

export interface ChatState {
  messages: ChatMessage[]
  /** An answer is on its way: the last message grows. */
  running: boolean
  error: unknown
  /** True: some of an answer came. */
  send: (model: string, question: string) => Promise<boolean>
  /** Ends the answer here; what came of it stays, and is charged. */
  stop: () => void
  clear: () => void
}

/** A conversation in this page's memory. `ended`: after each answer, or none. */
export function useChat(sendChat: SendChat, ended?: () => void): ChatState {
  const [messages, setMessages] = useState<ChatMessage[]>([])
  const [running, setRunning] = useState<AbortController | null>(null)
  const [error, setError] = useState<unknown>(null)
  const leaving = useRef<AbortController>(undefined)
  useEffect(() => () => leaving.current?.abort(), [])

  const send = useCallback(
    async (model: string, question: string) => {
      const stopped = new AbortController()
      leaving.current = stopped
      const asked: ChatMessage[] = [...messages, { role: 'user', content: question }]
      setMessages(asked)
      setError(null)
      setRunning(stopped)
      let answer = ''
      try {
        const stream = await sendChat({ model, messages: asked.slice(-MOST) }, stopped.signal)
        for await (const piece of answerTexts(stream)) {
          answer += piece
          setMessages([...asked, { role: 'assistant', content: answer }])
        }
      } catch (thrown) {
        if (!stopped.signal.aborted) setError(thrown)
      } finally {
        setRunning(null)
        // A question without an answer is no part of the next request.
        if (answer === '') setMessages(messages)
        ended?.()
      }
      return answer !== ''
    },
    [messages, sendChat, ended],
  )
  const clear = () => {
    setMessages([])
    setError(null)
  }
  return { messages, running: running !== null, error, send, stop: () => running?.abort(), clear }
}
