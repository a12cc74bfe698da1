import { mintKey } from '@lectern/shared/keys.ts'
import t from 'tap'
import { findClash } from '../src/roster.ts'
import { toEmail } from '../src/student.ts'

const key = (id: string) => ({ id, hash: mintKey('c').hash, hint: 'ln_…' })
const student = (id: string, email = '') => ({ id, name: 'Ada', email, key: key(id) })
const none = {
  ids: new Set<string>(),
  emails: new Set<string>(),
  keyIds: new Set<string>(),
  keyHashes: new Set<string>(),
}

t.test('a clash is the first row that is taken or repeats another', async t => {
  t.equal(findClash([student('a'), student('b')], none), null, 'no e-mail is no clash')
  t.match(findClash([student('a'), student('b')], { ...none, ids: new Set(['b']) }), {
    param: 'students[1].id',
  })
  t.match(findClash([student('a', 'X@y'), student('b', ' x@Y ')], none), { param: 'students[1].email' })
  t.match(findClash([student('a'), { ...student('b'), key: key('a') }], none), { param: 'students[1].key' })
})

t.test('addresses are compared without case', async t => {
  t.equal(toEmail(' Ada@Example.EDU '), 'ada@example.edu')
  t.equal(toEmail('  '), null)
})
