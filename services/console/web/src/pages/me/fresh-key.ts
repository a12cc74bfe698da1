import { createContext, use } from 'react'

/** A key that was made on this page: in its memory only, until it is left or read anew. */
export interface FreshKey {
  /** Null: none was made here. */
  value: string | null
  show: (key: string) => void
  forget: () => void
}

export const FreshKeyContext = createContext<FreshKey>({
  value: null,
  show: () => undefined,
  forget: () => undefined,
})

export const useFreshKey = (): FreshKey => use(FreshKeyContext)
