import { randomInt } from 'node:crypto'

/** No vowels (no words by accident), nothing that is mistaken for another in print. */
const ALPHABET = '23456789bcdfghjkmnpqrstvwxz'
/** 27^9: out of reach of guessing where tries are counted. */
const PARTS = 3
const PART_LENGTH = 3

/** A code to be read from a slide: `x7k-2pm-9dq`. `random(n)` gives an integer in [0, n), uniformly. */
export function newJoinCode(random: (n: number) => number = randomInt): string {
  const part = () => Array.from({ length: PART_LENGTH }, () => ALPHABET[random(ALPHABET.length)]).join('')
  return Array.from({ length: PARTS }, part).join('-')
}

/** A code as it is stored, however it was typed: in any case, with or without dashes and spaces. */
export function readJoinCode(typed: string): string {
  const plain = typed.toLowerCase().replace(/[^a-z0-9]/g, '')
  return plain.match(new RegExp(`.{1,${PART_LENGTH}}`, 'g'))?.join('-') ?? ''
}
