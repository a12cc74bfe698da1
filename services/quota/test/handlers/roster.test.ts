import * as staff from '@lectern/shared/contracts/courses.ts'
import { AuthenticateCall, OwnBalanceCall } from '@lectern/shared/contracts/quota.ts'
import { mintKey } from '@lectern/shared/keys.ts'
import t from 'tap'
import { courseInput, newKey, startFixture } from '../fixture.ts'

const quota = await startFixture(t)
const { ask } = quota

t.test('courses: create, read, list by pages', async t => {
  const input = courseInput(Date.now(), { models: ['a', 'b'] })
  const course = await ask(staff.CreateCourseCall, input)
  t.match(course, input)
  t.same(await ask(staff.GetCourseCall, { courseId: input.id }), course)
  await t.rejects(ask(staff.CreateCourseCall, input), { code: 'conflict', param: 'id' })
  await t.rejects(ask(staff.GetCourseCall, { courseId: 'nowhere' }), { code: 'not_found' })

  const more = courseInput(Date.now())
  await ask(staff.CreateCourseCall, more)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await ask(staff.ListCoursesCall, { limit: 1, ...(cursor ? { cursor } : {}) })
    seen.push(...page.items.map(item => item.id))
    cursor = page.next ?? undefined
  } while (cursor)
  t.same(seen, seen.toSorted())
  t.ok(seen.includes(input.id) && seen.includes(more.id))
})

t.test('courses: settings that no schema can see to be wrong are refused with their field', async t => {
  const create = (settings: Partial<staff.CourseInput>) =>
    ask(staff.CreateCourseCall, courseInput(Date.now(), settings))
  await t.rejects(create({ timezone: 'Mars/Olympus' }), { code: 'invalid_request', param: 'timezone' })
  await t.rejects(create({ startsOn: '2026-02-30' }), { code: 'invalid_request', param: 'startsOn' })
  await t.rejects(create({ startsOn: '0001-01-01' }), { code: 'invalid_request', param: 'startsOn' })
  await t.rejects(create({ models: ['a', 'b\nc'] }), { code: 'invalid_request', param: 'models[1]' })
  await t.rejects(create({ name: 'nul \0' }), { code: 'invalid_request', param: 'name' })
  const who = await quota.course()
  await t.rejects(
    ask(staff.UpdateCourseCall, { courseId: who.courseId, patch: { timezone: 'nowhere' }, actor: 'staff' }),
    { code: 'invalid_request', param: 'timezone' },
  )
})

t.test('students: all or nothing, and a conflict names its row', async t => {
  const { courseId, studentId } = await quota.course()
  const fresh = () => {
    const id = `s-${crypto.randomUUID()}`
    return { id, name: 'Grace', email: `${id}@example.edu`, key: newKey(courseId) }
  }
  const add = (students: staff.NewStudent[]) => ask(staff.AddStudentsCall, { courseId, students })
  const [a, b, c] = [fresh(), fresh(), fresh()]
  const { items } = await add([a, { ...b, email: 'B.Upper@Example.edu' }])
  t.match(items, [
    { id: a.id, active: true, keys: [{ id: a.key.id, hint: a.key.hint, revokedAt: null }] },
    { id: b.id, email: 'b.upper@example.edu' },
  ])
  await t.rejects(add([c, fresh(), { ...fresh(), id: studentId }]), {
    code: 'conflict',
    param: 'students[2].id',
  })
  await t.rejects(add([c, { ...fresh(), email: 'b.UPPER@example.edu' }]), {
    code: 'conflict',
    param: 'students[1].email',
  })
  await t.rejects(add([c, { ...fresh(), id: c.id }]), { code: 'conflict', param: 'students[1].id' })
  await t.rejects(add([c, { ...fresh(), key: a.key }]), { code: 'conflict', param: 'students[1].key' })
  await t.rejects(ask(staff.GetStudentCall, { studentId: c.id }), { code: 'not_found' }, 'nothing was added')
  await t.rejects(
    ask(staff.AddStudentsCall, { courseId: 'nowhere', students: [{ ...c, key: newKey('nowhere') }] }),
    { code: 'not_found' },
  )
  await add([
    { ...fresh(), email: '' },
    { ...fresh(), email: '' },
  ])

  let elsewhere = mintKey('some-other-course')
  while (elsewhere.hash.slice(0, 2) === a.key.hash.slice(0, 2)) elsewhere = mintKey(crypto.randomUUID())
  await t.rejects(add([{ ...c, key: { ...c.key, hash: elsewhere.hash } }]), {
    code: 'invalid_request',
    param: 'students[0].key.hash',
  })
  const first = await ask(staff.ListStudentsCall, { courseId, limit: 2 })
  t.equal(first.items.length, 2)
  const rest = await ask(staff.ListStudentsCall, { courseId, limit: 50, cursor: first.next ?? '' })
  t.equal(rest.items.length, 3)
  t.equal(rest.next, null)
  t.ok((first.items[1]?.id ?? '') < (rest.items[0]?.id ?? ''))
})

t.test('P10: a key is revoked, rotated or dropped with its student at once, on every replica', async t => {
  const replica = await quota.startReplica()
  const who = await quota.course()
  t.match(await quota.reserve(who), { granted: true })
  t.match(await ask(AuthenticateCall, { keyHash: who.keyHash }), {
    known: true,
    studentId: who.studentId,
    courseId: who.courseId,
    week: 1,
    defaultMaxTokens: 100,
    models: [],
  })

  const next = newKey(who.courseId)
  t.match(await ask(staff.RotateKeyCall, { keyId: who.keyId, key: next }), { id: next.id, revokedAt: null })
  for (let call = 0; call < 8; call += 1) {
    t.match(await quota.reserve(who), { granted: false, reason: 'invalid_api_key', retryAfterMs: null })
    t.match(await quota.reserve({ ...who, keyHash: next.hash }), { granted: true })
  }
  t.same(await ask(AuthenticateCall, { keyHash: who.keyHash }), { known: false })
  t.same(await ask(OwnBalanceCall, { keyHash: who.keyHash }), { known: false, reason: 'invalid_api_key' })
  await t.rejects(ask(staff.RotateKeyCall, { keyId: who.keyId, key: newKey(who.courseId) }), {
    code: 'conflict',
  })
  t.match(await ask(staff.GetKeyCall, { keyId: next.id }), {
    studentId: who.studentId,
    courseId: who.courseId,
  })

  const second = newKey(who.courseId)
  t.match(await quota.reserve({ ...who, keyHash: second.hash }), { reason: 'invalid_api_key' })
  await ask(staff.CreateKeyCall, { studentId: who.studentId, key: second })
  t.match(
    await quota.reserve({ ...who, keyHash: second.hash }),
    { granted: true },
    'though it was unknown a moment ago',
  )
  await t.rejects(ask(staff.CreateKeyCall, { studentId: who.studentId, key: second }), { code: 'conflict' })
  const revoked = await ask(staff.RevokeKeyCall, { keyId: second.id })
  t.type(revoked.revokedAt, 'string')
  t.same(await ask(staff.RevokeKeyCall, { keyId: second.id }), revoked, 'repeatable')
  t.match(await quota.reserve({ ...who, keyHash: second.hash }), { reason: 'invalid_api_key' })

  const dropped = await ask(staff.DropStudentCall, { studentId: who.studentId })
  t.match(dropped, { active: false })
  t.ok(dropped.keys.every(key => key.revokedAt !== null))
  t.match(await quota.reserve({ ...who, keyHash: next.hash }), { reason: 'invalid_api_key' })
  await t.rejects(ask(staff.CreateKeyCall, { studentId: who.studentId, key: newKey(who.courseId) }), {
    code: 'conflict',
  })
  await t.rejects(ask(staff.DropStudentCall, { studentId: 'nobody' }), { code: 'not_found' })
  await replica.stop()
})

t.test('P10: loaders that run while a key is revoked never bring it back', async t => {
  const who = await quota.course()
  await quota.reserve(who)
  for (let round = 0; round < 20; round += 1) {
    const key = newKey(who.courseId)
    await ask(staff.CreateKeyCall, { studentId: who.studentId, key })
    await quota.redis.del(...(await quota.redis.keys(`{q:*}:key:${key.hash}`)))
    const owner = { ...who, keyHash: key.hash }
    await Promise.all([
      quota.reserve(owner),
      ask(staff.RevokeKeyCall, { keyId: key.id }),
      quota.reserve(owner),
      quota.reserve(owner),
    ])
    t.match(await quota.reserve(owner), { granted: false, reason: 'invalid_api_key' })
  }
})
