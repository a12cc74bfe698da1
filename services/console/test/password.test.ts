import t from 'tap'
import { hashPassword, isPassword } from '../src/password.ts'

t.test('a password is what its hash is of, and nothing else', async t => {
  const [one, two] = await Promise.all([hashPassword('correct horse é'), hashPassword('correct horse é')])
  t.match(one, /^\$argon2id\$v=19\$m=65536,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  t.not(one, two, 'salted')
  t.equal(await isPassword('correct horse é', one), true)
  t.equal(await isPassword('correct horse e\u0301', one), true, 'typed as two characters')
  t.equal(await isPassword('correct horse e', one), false)
  t.equal(await isPassword('', null), false)
  await t.rejects(isPassword('x', '$2b$10$of-another-kind'))
})

t.test('a flood is refused before it takes memory and time', async t => {
  const all = await Promise.allSettled(Array.from({ length: 40 }, () => isPassword('x', null)))
  const refused = all.filter(({ status }) => status === 'rejected')
  t.ok(refused.length >= 18 && refused.length <= 20, `${refused.length}`)
  t.match(refused[0], { reason: { code: 'overloaded' } })
})
