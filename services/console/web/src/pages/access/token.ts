import { useState } from 'react'

/**
 * The one-time token of a link: after the `#`, which no server and no log sees. It is read once and taken out of the address,
 * so that it is neither in the history nor on a shared screen.
 */
export function useLinkToken(): string {
  const [token] = useState(() => {
    const found = location.hash.slice(1)
    if (found) history.replaceState(history.state, '', location.pathname)
    return found
  })
  return token
}
