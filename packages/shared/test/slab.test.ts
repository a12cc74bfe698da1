import t from 'tap'
import { Slab } from '../src/slab.ts'

const a = { name: 'a' }
const b = { name: 'b' }
const c = { name: 'c' }

t.test('each has a place of its own, and what has gone leaves it to the next', async t => {
  const slab = new Slab<{ name: string }>()
  const [atA, atB] = [slab.add(a), slab.add(b)]
  t.equal(slab.size, 2)
  t.equal(slab.get(atA), a)
  slab.remove(atA)
  t.equal(slab.get(atA), undefined)
  t.equal(slab.add(c), atA)
  t.same([...slab], [c, b])
  t.equal(slab.get(atB), b)
})

t.test('what is not there cannot go', async t => {
  const slab = new Slab<{ name: string }>()
  const atA = slab.add(a)
  slab.remove(atA)
  slab.remove(atA)
  slab.remove(99)
  t.equal(slab.size, 0)
  t.not(slab.add(b), slab.add(c), 'no place is given twice')
  t.equal(slab.size, 2)
  t.equal(slab.get(Number.NaN), undefined)
})
