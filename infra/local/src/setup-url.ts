import { readFile } from 'node:fs/promises'

/** The link of the first sign-in, from the console's log: it is printed before the console is ready; null: there is an admin. */
export async function findSetupUrl(log: string): Promise<string | null> {
  const links = [...(await readFile(log, 'utf8')).matchAll(/"setupUrl":"([^"]+)"/g)]
  return links.at(-1)?.[1] ?? null
}
