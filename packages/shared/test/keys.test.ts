import t from 'tap'
import { bucketOfCourse, bucketOfKeyHash, hashKey, isWellFormedKey, keyHint, mintKey } from '../src/keys.ts'

t.test('a minted key is well formed and lives in the bucket of its course', async t => {
  for (const course of ['demo', 'cs101', 'a']) {
    const { key, hash } = mintKey(course)
    t.match(key, /^ln_[0-9A-Za-z]{36}$/)
    t.ok(isWellFormedKey(key))
    t.equal(hash, hashKey(key))
    t.equal(bucketOfKeyHash(hash), bucketOfCourse(course))
    t.equal(keyHint(key).length, 8)
  }
})

t.test('P10: every single typing error is noticed before anybody is asked', async t => {
  const { key } = mintKey('demo')
  for (let place = 3; place < key.length; place++) {
    const wrong = key.slice(0, place) + (key[place] === 'x' ? 'y' : 'x') + key.slice(place + 1)
    t.notOk(isWellFormedKey(wrong), `place ${place}`)
  }
  for (const wrong of [
    '',
    'ln_',
    'sk-proj-abc',
    key.slice(0, -1),
    `${key}0`,
    key.toUpperCase(),
    ` ${key}`,
    `${key}\n`,
  ]) {
    t.notOk(isWellFormedKey(wrong), JSON.stringify(wrong))
  }
})

t.test('the randomness is injected', async t => {
  const sequence = () => {
    let state = 7
    return (n: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % n
    }
  }
  t.equal(mintKey('demo', sequence()).key, mintKey('demo', sequence()).key)
})
