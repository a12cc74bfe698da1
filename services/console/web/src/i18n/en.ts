/** All texts in English: a namespace for each file. */
export const texts = import.meta.glob<object>('./en/*.json', { eager: true, import: 'default' })
