import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { firstLanguage, type Language } from './language.ts'

export const LANGUAGES: Record<Language, string> = { en: 'English', 'zh-CN': '简体中文' }
const TEXTS = { en: () => import('../i18n/en.ts'), 'zh-CN': () => import('../i18n/zh-CN.ts') }
const STORED = 'lectern.language'

export const i18n = i18next.createInstance()

/** Makes texts ready in the language that was chosen here before, else the browser's, before anything is drawn. */
export async function startI18n(): Promise<void> {
  const language = firstLanguage(localStorage.getItem(STORED), navigator.languages)
  // React escapes what it draws.
  await i18n
    .use(initReactI18next)
    .init({ lng: language, resources: {}, interpolation: { escapeValue: false } })
  await show(language)
}

/** Changes the language of everything at once, and remembers it. */
export async function chooseLanguage(language: Language): Promise<void> {
  await show(language)
  localStorage.setItem(STORED, language)
}

async function show(language: Language): Promise<void> {
  const { texts } = await TEXTS[language]()
  for (const [path, text] of Object.entries(texts)) {
    i18n.addResourceBundle(language, path.slice(path.lastIndexOf('/') + 1, -'.json'.length), text)
  }
  await i18n.changeLanguage(language)
  document.documentElement.lang = language
}
