import { randomBytes } from 'node:crypto'
import { readConfig } from '@lectern/shared/config.ts'
import t from 'tap'
import { Config } from '../src/config.ts'
import { createKeyVault } from '../src/key-vault.ts'

const SECRET = randomBytes(32).toString('hex')
const KEY = 'sk-proj-abcdefghijklmnopqrstuvwxyz'
const ADA = { studentId: 'ada', provider: 'openai' }
const vault = createKeyVault(SECRET)

t.test('what was sealed can be opened, and says nothing', async t => {
  const sealed = vault.seal(KEY, ADA)
  t.match(sealed, /^v1\.[\w-]{8}\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/)
  t.equal(vault.open(sealed, ADA), KEY)
  t.notMatch(sealed, 'sk-')
  t.notMatch(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').toString('latin1'), 'sk-')
  const ivs = Array.from({ length: 1000 }, () => vault.seal(KEY, ADA).split('.')[2])
  t.equal(new Set(ivs).size, 1000, 'no IV twice')
})

t.test('it belongs to one student at one provider', async t => {
  const sealed = vault.seal(KEY, ADA)
  t.equal(vault.open(sealed, { ...ADA, studentId: 'bob' }), null)
  t.equal(vault.open(sealed, { ...ADA, provider: 'other' }), null)
  // Where the one ends and the other begins is no matter of luck.
  t.equal(
    vault.open(vault.seal(KEY, { studentId: 'a', provider: 'bc' }), { studentId: 'ab', provider: 'c' }),
    null,
  )
})

t.test('every changed character is noticed', async t => {
  const sealed = vault.seal(KEY, ADA)
  for (let at = 0; at < sealed.length; at++) {
    const isLastOfPart = at + 1 === sealed.length || sealed[at + 1] === '.'
    // The last character of a part may have bits that no byte has.
    const other = isLastOfPart ? '.' : sealed[at] === 'A' ? 'B' : 'A'
    t.equal(vault.open(sealed.slice(0, at) + other + sealed.slice(at + 1), ADA), null, `character ${at}`)
  }
  const parts = sealed.split('.')
  for (const bad of ['', 'v1', `v2.${parts.slice(1).join('.')}`, parts.slice(0, 4).join('.'), `${sealed}.x`])
    t.equal(vault.open(bad, ADA), null, bad)
  const shortTag = [...parts.slice(0, 4), parts[4]?.slice(0, 6)].join('.')
  t.equal(vault.open(shortTag, ADA), null, 'a short tag would be easy to guess')
})

t.test('a new secret opens what the old one sealed, as long as that is named', async t => {
  const sealed = vault.seal(KEY, ADA)
  const next = randomBytes(48).toString('base64')
  t.equal(createKeyVault(next, SECRET).open(sealed, ADA), KEY)
  t.equal(createKeyVault(next).open(sealed, ADA), null)
  const renewed = createKeyVault(next, SECRET).seal(KEY, ADA)
  t.equal(createKeyVault(next).open(renewed, ADA), KEY, 'new ones are sealed with the new secret')
})

t.test('a secret has 32 bytes at least', async t => {
  const read = (OWN_KEYS_SECRET: string) =>
    readConfig(Config, {
      NATS_URL: 'nats://127.0.0.1:4222',
      LECTERN_PROVIDERS: 'x',
      SPOOL_DIR: 'y',
      OWN_KEYS_SECRET,
    })
  for (const bytes of [32, 33, 64])
    for (const form of ['hex', 'base64', 'base64url'] as const)
      t.ok(read(randomBytes(bytes).toString(form)).OWN_KEYS_SECRET, `${bytes} bytes in ${form}`)
  t.equal(read('').OWN_KEYS_SECRET, undefined)
  for (const bad of [
    randomBytes(24).toString('hex'),
    randomBytes(31).toString('hex'),
    `${randomBytes(32).toString('hex')}a`,
    randomBytes(31).toString('base64'),
    'a secret that somebody made up, of more than 43 characters',
  ])
    t.throws(() => read(bad), { name: 'ConfigError', message: /OWN_KEYS_SECRET .*32 random bytes/ }, bad)
})
