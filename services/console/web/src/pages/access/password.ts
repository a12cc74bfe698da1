/** The server's own bound; long enough that guessing over a network is hopeless. */
const SHORTEST_PASSWORD = 12

export const passwordFault = (password: string): boolean => [...password].length < SHORTEST_PASSWORD
export const emailFault = (email: string): boolean => !/^[^\s@]+@[^\s@]+$/.test(email.trim())
