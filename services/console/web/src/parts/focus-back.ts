import { useEffect } from 'react'

/** What had the focus last outside of dialogs and menus: what a dialog comes from, even by way of another one. */
let last: HTMLElement | null = null
document.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && !target.closest('[role=dialog], [role=menu]')) last = target
})

/** For a dialog that is there only while it is open: the focus goes back to what opened it, or to the page where that is gone. */
export function useFocusBack(): void {
  useEffect(
    () => () => {
      if (document.activeElement !== document.body) return
      const place = last?.isConnected ? last : document.getElementById('main')
      place?.focus({ preventScroll: true })
    },
    [],
  )
}
