import t from 'tap'
import { courseIdOf, isCourseId, nextMonday } from '../../web/src/pages/courses/course-id.ts'

t.test('the short name is made of the name', async t => {
  t.equal(courseIdOf('Machine Learning I'), 'machine-learning-i')
  t.equal(courseIdOf('  Übungen zu C++ (2026)'), 'ubungen-zu-c-2026')
  t.equal(courseIdOf('自然语言处理'), '', 'nothing is guessed')
  const long = courseIdOf('a very long name of a course that goes on and on for ever')
  t.ok(long.length <= 40 && isCourseId(long), long)
})

t.test('a course begins on a Monday if nobody says otherwise', async t => {
  t.equal(nextMonday('2026-11-23'), '2026-11-23')
  t.equal(nextMonday('2026-11-24'), '2026-11-30')
  t.equal(nextMonday('2026-11-29'), '2026-11-30')
})
