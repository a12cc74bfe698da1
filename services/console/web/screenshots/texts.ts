import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../src/i18n')

/** Finds a text of the pages, `area:path.of.key`, in a language; an unknown one throws. */
export async function textsOf(language: string): Promise<(key: string) => string> {
  const areas = ['roster', 'prompts', 'rules']
  const read = async (area: string) =>
    [area, JSON.parse(await readFile(join(FOLDER, language, `${area}.json`), 'utf8'))] as const
  const texts = Object.fromEntries(await Promise.all(areas.map(read)))
  return key => {
    const found = key.split(/[:.]/).reduce((value, step) => value?.[step], texts)
    if (typeof found === 'string') return found
    throw new Error(`there is no text ${key} in ${language}`)
  }
}
