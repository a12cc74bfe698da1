import type { ReactNode } from 'react'

/** A text with an e-mail address in it: a narrow line breaks after its @ and dots before it breaks a word. */
export function AddressText({ text }: { text: string }) {
  const parts: ReactNode[] = []
  for (const piece of text.split(/(?<=[@.])(?=.)/)) parts.push(<wbr key={parts.length} />, piece)
  return parts
}
