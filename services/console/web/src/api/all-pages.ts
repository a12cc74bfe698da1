/** A page of a list, as the API answers all of them. */
interface PageOf<T> {
  items: T[]
  next: string | null
}

/** All items of a list that is known to be short; `ask` gets the cursor of each page, none for the first. */
export async function allPages<T>(ask: (query: { cursor?: string }) => Promise<PageOf<T>>): Promise<T[]> {
  const all: T[] = []
  let next: string | null = null
  do {
    const page: PageOf<T> = await ask(next ? { cursor: next } : {})
    all.push(...page.items)
    next = page.next
  } while (next !== null)
  return all
}
