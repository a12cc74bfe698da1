/** All texts in Chinese: a namespace for each file. */
export const texts = import.meta.glob<object>('./zh-CN/*.json', { eager: true, import: 'default' })
