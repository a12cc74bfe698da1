import { randomInt } from 'node:crypto'

/** 60 + 1 + 6 characters stay below the 80 of a StudentId. */
const READABLE_LENGTH = 60
/** No vowels (no words by accident), nothing that is mistaken for another in print. */
const ALPHABET = '23456789bcdfghjkmnpqrstvwxz'
/** 27^6, 387 million: ids must be unique among all courses, and the same person may be in many. */
const SUFFIX_LENGTH = 6

/** An id for a student who came without one: the e-mail's local part and a random suffix, `ada.lovelace-x7k2pm`. */
export function studentIdFor(email: string, random: (n: number) => number = randomInt): string {
  const readable = (email.split('@')[0] ?? '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, READABLE_LENGTH)
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () => ALPHABET[random(ALPHABET.length)]).join('')
  return `${readable || 'student'}-${suffix}`
}
