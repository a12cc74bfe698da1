/** Of a path that a cookie has to hold, percent signs encoded once more. */
const MOST_CHARACTERS = 1000

/**
 * Where to go after signing in: the page of ours that `to` names, `/` for everything else. What a browser would take for
 * another site is no page of ours, however it is written: `//evil.example`, `/\evil.example`, `/.//evil.example`.
 */
export function returnPathOf(to: string | undefined): string {
  if (!to?.startsWith('/') || to.length > MOST_CHARACTERS) return '/'
  // Read as browsers read it: they take a backslash for a slash, and leave tabs and line ends out.
  const here = 'http://here.invalid'
  const url = URL.parse(to, here)
  if (url?.origin !== here || url.pathname.startsWith('//')) return '/'
  return url.pathname + url.search + url.hash
}
