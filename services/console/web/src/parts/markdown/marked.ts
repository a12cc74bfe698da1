/** A student's text is shown as it was written, unless it marks code: pasted code would lose its lines otherwise. */
export function isMarked(text: string): boolean {
  return /^ {0,3}(```|~~~)/m.test(text)
}
