import t from 'tap'
import { returnPathOf } from '../src/return-path.ts'

t.test('a page of ours is gone back to, with its search and place', async t => {
  for (const path of ['/', '/courses/ml/use?week=3', '/courses/ml/conversations?text=%E5%8D%95#a', '/a//b'])
    t.equal(returnPathOf(path), path)
  t.equal(returnPathOf('/courses/机器学习'), encodeURI('/courses/机器学习'), 'as a header can carry it')
})

t.test('nothing else is: another site, however it is written', async t => {
  const bad = [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
  ]
  const worse = [
    '/.//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
  ]
  for (const to of [...bad, ...worse, ' //evil.example', 'courses', '', undefined, `/${'a'.repeat(2000)}`])
    t.equal(returnPathOf(to), '/', JSON.stringify(to))
})
