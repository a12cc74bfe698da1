import { createHash } from 'node:crypto'

/** Students of the benchmark of reservations, known to both of its processes. */

export const STUDENTS = 2000
const COURSES = 16

export const courseOf = (student: number) => `course-${student % COURSES}`

/** The first byte of a key's hash is that of its course, whose bucket it names. */
export const keyHashOf = (student: number) =>
  hash(courseOf(student)).slice(0, 2) + hash(`student-${student}`).slice(2)

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
