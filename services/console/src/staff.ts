/** Who did it, in the ledger: the one token has no names behind it. Accounts come with the pages. */
export const STAFF = 'staff'
