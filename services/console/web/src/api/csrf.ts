/** The session's own token, which each change sends along; null: nobody is signed in. */
let token: string | null = null

export const csrfToken = (): string | null => token
export const keepCsrfToken = (next: string | null): void => {
  token = next
}
