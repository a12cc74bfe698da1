/** The console as browsers use it. */

/** What a browser gets that opens a page. */
export async function openPage(url: string): Promise<string> {
  return (await fetch(url, { headers: { accept: 'text/html' } })).text()
}

/** Signs in on the students' page and asks in its chat; answers the stream as it came. */
export async function chatAsStudent(consoleUrl: string, key: string): Promise<string> {
  const headers = { origin: consoleUrl, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
  const post = async (path: string, body: object, more: Record<string, string> = {}) => {
    const init = { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(body) }
    const response = await fetch(consoleUrl + path, init)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response
  }
  const signedIn = await post('/api/me/session', { key })
  const cookie = signedIn.headers
    .getSetCookie()
    .map(line => line.split(';')[0])
    .join('; ')
  const { session } = (await signedIn.json()) as { session: { csrf: string } }
  const question = { model: 'lectern-demo', messages: [{ role: 'user', content: 'hi' }] }
  return (await post('/api/me/chat', question, { cookie, 'x-csrf-token': session.csrf })).text()
}
