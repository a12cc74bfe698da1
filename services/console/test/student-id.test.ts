import { StudentId } from '@lectern/shared/contracts/fields.ts'
import t from 'tap'
import { Value } from 'typebox/value'
import { studentIdFor } from '../src/student-id.ts'

t.test('ids are readable and fit the contract', async t => {
  const zero = () => 0
  t.equal(studentIdFor('Ada.Lovelace@example.edu', zero), 'ada.lovelace-222222')
  t.equal(studentIdFor('José+ml@example.edu', zero), 'joseml-222222')
  t.equal(studentIdFor('_王@example.cn', zero), 'student-222222')
  for (const email of ['a@b', '-@b', `${'x'.repeat(300)}@b`, '王小明@b', '.é-@b']) {
    t.ok(Value.Check(StudentId, studentIdFor(email)), email)
  }
})

t.test('the same address gets another id each time: ids are unique among all courses', async t => {
  const ids = new Set(Array.from({ length: 1000 }, () => studentIdFor('a@b')))
  t.equal(ids.size, 1000)
})
