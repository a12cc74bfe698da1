import { useEffect, useState } from 'react'

const MINUTE_MS = 60_000

/** Now, in epoch milliseconds, true to a minute: pages that stay open notice midnight. */
export function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), MINUTE_MS)
    return () => clearInterval(timer)
  }, [])
  return nowMs
}
