import { createHash } from 'node:crypto'
import t from 'tap'
import { createOpaqueUser } from '../src/opaque-user.ts'

const ada = { courseId: 'demo', studentId: 'ada' }
const bus = 'nats://gateway:secret-of-the-bus@127.0.0.1:4222'

t.test('P10: who does not know the secret cannot find a student’s name by trying', async t => {
  const user = createOpaqueUser('a secret of the course', bus)
  t.match(user(ada), /^[0-9a-f]{32}$/)
  const unkeyed = createHash('sha256').update('demo/ada').digest('hex').slice(0, 32)
  t.not(user(ada), unkeyed)
  t.not(user(ada), createOpaqueUser('another', bus)(ada))
  t.not(user(ada), user({ courseId: 'demo', studentId: 'bob' }))
})

t.test(
  'one name on every gateway and after every restart; without any secret, for as long as the process',
  async t => {
    t.equal(createOpaqueUser('secret', bus)(ada), createOpaqueUser('secret', 'nats://elsewhere:4222')(ada))
    const [one, two] = [
      createOpaqueUser(undefined, bus),
      createOpaqueUser(undefined, `${bus},nats://other:4222`),
    ]
    t.equal(one(ada), two(ada), 'the password of the bus keys it')
    const open = createOpaqueUser(undefined, 'nats://127.0.0.1:4222')
    t.equal(open(ada), open(ada))
    t.not(open(ada), createOpaqueUser(undefined, 'nats://127.0.0.1:4222')(ada))
  },
)
