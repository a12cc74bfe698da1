/** The students' page as a browser uses it. */

/** A question in the chat of the page; answers the stream as it came. */
export type Chat = (model: string, messages: object[]) => Promise<Response>

/** Signs in with a key. */
export async function signInWithKey(consoleUrl: string, key: string): Promise<Chat> {
  const post = async (path: string, body: object, more: Record<string, string> = {}) => {
    const response = await fetch(consoleUrl + path, {
      method: 'POST',
      headers: { origin: consoleUrl, 'content-type': 'application/json', ...more },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response
  }
  const signedIn = await post('/api/me/session', { key })
  const [cookie = ''] = signedIn.headers.getSetCookie().map(line => line.split(';')[0] ?? '')
  const { session } = (await signedIn.json()) as { session: { csrf: string } }
  return (model, messages) =>
    post('/api/me/chat', { model, messages }, { cookie, 'x-csrf-token': session.csrf })
}
