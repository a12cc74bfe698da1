export type Language = 'en' | 'zh-CN'

/** The language that was chosen before, else the first of the browser's that there is; English where none is. */
export function firstLanguage(chosen: string | null, wanted: readonly string[]): Language {
  const known = [chosen ?? '', ...wanted]
    .map(tag => /^(en|zh)\b/i.exec(tag)?.[1]?.toLowerCase())
    .find(Boolean)
  return known === 'zh' ? 'zh-CN' : 'en'
}
