import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { manualClock } from '@lectern/shared/clock.ts'
import * as staff from '@lectern/shared/contracts/staff.ts'
import t from 'tap'
import { startFixture } from '../fixture.ts'

const HOUR_MS = 3_600_000
const clock = manualClock(Date.now())
const { ask, course, pool } = await startFixture(t, { clock, redis: { keep: false } })
const secretHash = () => randomBytes(32).toString('hex')
const session = () => ({ hash: secretHash() })
const userOf = async (hash: string) => (await ask(staff.GetSessionCall, { hash })).user

async function invite(part: Partial<Parameters<typeof ask<typeof staff.InviteStaffCall>>[1]> = {}) {
  const staffId = randomUUIDv7()
  const linkHash = secretHash()
  const email = `${staffId}@example.edu`
  const invitation = { staffId, email, name: 'Ada', isAdmin: false, courses: [], linkHash, ...part }
  return { ...(await ask(staff.InviteStaffCall, invitation)), linkHash: invitation.linkHash }
}

/** Somebody with a password and a session. */
async function member(part: Parameters<typeof invite>[0] = {}) {
  const { linkHash, id, email } = await invite(part)
  const { hash } = session()
  await ask(staff.AcceptInvitationCall, { linkHash, passwordHash: `of ${id}`, session: { hash } })
  return { id, email, passwordHash: `of ${id}`, hash }
}

t.test('the first admin is made by a link, once, and then by none', async t => {
  const [first, second] = [secretHash(), secretHash()]
  const complete = (linkHash: string, email = 'Root@Example.edu') =>
    ask(staff.CompleteSetupCall, {
      linkHash,
      staffId: randomUUIDv7(),
      email,
      name: 'Root',
      passwordHash: 'of root',
      session: session(),
    })
  t.same(await ask(staff.OfferSetupCall, {}), { needed: true })
  t.same(await complete(first), { accepted: false, reason: 'link' }, 'nobody has offered it')
  await ask(staff.OfferSetupCall, { linkHash: first })
  clock.advance(24 * HOUR_MS)
  t.same(await complete(first), { accepted: false, reason: 'link' }, 'after a day')
  await ask(staff.OfferSetupCall, { linkHash: second })
  const all = await Promise.all(['a@x', 'b@x', 'c@x', 'Root@Example.edu'].map(mail => complete(second, mail)))
  t.equal(all.filter(({ accepted }) => accepted).length, 1, 'of many at once, one')
  t.same(await ask(staff.OfferSetupCall, { linkHash: secretHash() }), { needed: false })
  const { rows } = await pool.query('SELECT email, is_admin FROM quota.staff')
  t.equal(rows.length, 1)
  const links = await pool.query('SELECT FROM quota.staff_links')
  t.equal(links.rowCount, 0, 'no link is left')
})

t.test(
  'an invitation is accepted once, in time; a newer link ends it, and a reset ends all sessions',
  async t => {
    const { id, linkHash } = await invite()
    const accept = (link: string, hash = secretHash()) =>
      ask(staff.AcceptInvitationCall, { linkHash: link, passwordHash: `p ${hash}`, session: { hash } })
    const newer = secretHash()
    await ask(staff.RenewLinkCall, { staffId: id, linkHash: newer })
    t.same(await accept(linkHash), { accepted: false, reason: 'link' })
    const hash = secretHash()
    t.match(await accept(newer, hash), { accepted: true, user: { id, isAdmin: false, courses: [] } })
    t.same(await accept(newer), { accepted: false, reason: 'link' })
    const reset = secretHash()
    await ask(staff.RenewLinkCall, { staffId: id, linkHash: reset })
    t.match(await userOf(hash), { id }, 'asking for a reset ends nothing')
    const raced = await Promise.all([accept(reset), accept(reset), accept(reset)])
    t.equal(raced.filter(({ accepted }) => accepted).length, 1)
    t.equal(await userOf(hash), null)
    const late = secretHash()
    await ask(staff.RenewLinkCall, { staffId: id, linkHash: late })
    clock.advance(7 * 24 * HOUR_MS)
    t.same(await accept(late), { accepted: false, reason: 'link' })
    await t.rejects(ask(staff.RenewLinkCall, { staffId: 'x', linkHash: late }), { code: 'not_found' })
  },
)

t.test('a session ends by idleness, by age, by its end, and by its successor', async t => {
  const { id, passwordHash, hash } = await member()
  const signIn = (replaces?: string) => {
    const opened = secretHash()
    const asked = { staffId: id, passwordHash, address: 'a', session: { hash: opened, replaces } }
    return ask(staff.SignInCall, asked).then(() => opened)
  }
  clock.advance(11 * HOUR_MS)
  t.match(await userOf(hash), { id })
  clock.advance(11 * HOUR_MS)
  t.match(await userOf(hash), { id }, 'it was used in between')
  clock.advance(12 * HOUR_MS)
  t.equal(await userOf(hash), null)
  const second = await signIn()
  for (let hours = 0; hours < 167; hours++) {
    clock.advance(HOUR_MS)
    await userOf(second)
  }
  t.match(await userOf(second), { id })
  clock.advance(HOUR_MS)
  t.equal(await userOf(second), null, 'seven days')
  const third = await signIn()
  const fourth = await signIn(third)
  t.equal(await userOf(third), null)
  t.match(await userOf(fourth), { id })
  t.same(await ask(staff.EndSessionCall, { hash: fourth }), { ended: true })
  t.equal(await userOf(fourth), null)
  const { rowCount } = await pool.query('SELECT FROM quota.staff_sessions WHERE staff_id = $1', [id])
  t.equal(rowCount, 0, 'what has ended is gone')
})

t.test('tries are counted before anything is compared, by account and address, and by address', async t => {
  const { email, id, passwordHash } = await member()
  const attempt = (address: string, mail: string | undefined = email) =>
    ask(staff.TrySignInCall, { address, email: mail })
  const many = await Promise.all(Array.from({ length: 20 }, () => attempt('one')))
  t.equal(many.filter(({ allowed }) => allowed).length, 5, 'at the same moment')
  t.match(await attempt('one', email.toUpperCase()), { allowed: false, retryAfterMs: 120_000 }, 'in any case')
  t.match(await attempt('two'), { allowed: true, account: { staffId: id, passwordHash } })
  t.match(await attempt('one', 'nobody@example.edu'), { allowed: true, account: null })
  clock.advance(120_000)
  t.match(await attempt('one'), { allowed: true }, 'one more after two minutes')
  t.match(await attempt('one'), { allowed: false })
  await ask(staff.SignInCall, { staffId: id, passwordHash, address: 'one', session: session() })
  t.match(await attempt('one'), { allowed: true }, 'whoever got in begins anew')
  const wide = await Promise.all(Array.from({ length: 50 }, (_, index) => attempt('three', `${index}@x`)))
  t.equal(wide.filter(({ allowed }) => allowed).length, 30, 'of an address')
  t.match(await ask(staff.TrySignInCall, { address: 'three' }), { allowed: false }, 'links, too')
  const { rows } = await pool.query<{ key: string }>('SELECT key FROM quota.tries')
  t.notOk(rows.some(({ key }) => key.includes('@') || key.includes('one')))
})

t.test('a password changes by the one before, and all other sessions end', async t => {
  const { id, passwordHash, hash } = await member()
  const replacing = { hash: secretHash(), replaces: hash }
  const change = (before: string) =>
    ask(staff.ChangePasswordCall, {
      staffId: id,
      before,
      passwordHash: 'another',
      address: 'a',
      session: replacing,
    })
  const other = secretHash()
  await ask(staff.SignInCall, { staffId: id, passwordHash, address: 'a', session: { hash: other } })
  t.same(await change('wrong'), { accepted: false, reason: 'credentials' })
  t.match(await change(passwordHash), { accepted: true })
  t.equal(await userOf(hash), null)
  t.equal(await userOf(other), null)
  t.match(await userOf(replacing.hash), { id })
  const old = { staffId: id, passwordHash, address: 'a', session: session() }
  t.same(await ask(staff.SignInCall, old), { accepted: false, reason: 'credentials' })
})

t.test('roles come and go with the next question; the last admin stays', async t => {
  const { courseId } = await course()
  const { id, hash, email, passwordHash } = await member({ courses: [{ id: courseId, role: 'assistant' }] })
  t.same((await userOf(hash))?.courses, [{ id: courseId, name: 'Course', role: 'assistant' }])
  await ask(staff.PutRoleCall, { courseId, staffId: id, role: 'owner' })
  t.match((await userOf(hash))?.courses, [{ role: 'owner' }])
  t.match((await ask(staff.ListRolesCall, { courseId })).items, [
    { id, email, role: 'owner', disabled: false },
  ])
  await ask(staff.RemoveRoleCall, { courseId, staffId: id })
  t.same((await userOf(hash))?.courses, [])
  const toCourse = (mail: string) =>
    ask(staff.InviteToCourseCall, {
      courseId,
      role: 'assistant',
      staffId: randomUUIDv7(),
      email: mail,
      name: 'Some name',
      linkHash: secretHash(),
    })
  t.match(await toCourse(email.toUpperCase()), { invited: false, member: { id, name: 'Ada' } })
  t.match((await userOf(hash))?.courses, [{ role: 'assistant' }])
  t.match(await toCourse('new@example.edu'), { invited: true, member: { canSignIn: false, isAdmin: false } })
  await ask(staff.RemoveRoleCall, { courseId, staffId: id })
  await t.rejects(ask(staff.RemoveRoleCall, { courseId, staffId: id }), { code: 'not_found' })
  await t.rejects(ask(staff.PutRoleCall, { courseId: 'no', staffId: id, role: 'owner' }), {
    code: 'not_found',
  })
  await t.rejects(invite({ courses: [{ id: 'no', role: 'owner' }] }), { code: 'not_found' })
  await t.rejects(invite({ email: email.toUpperCase() }), { code: 'conflict', param: 'email' })

  const disabled = { staffId: id, patch: { disabled: true } }
  t.match(await ask(staff.UpdateStaffCall, disabled), { disabled: true })
  t.equal(await userOf(hash), null)
  t.same(await ask(staff.SignInCall, { staffId: id, passwordHash, address: 'a', session: session() }), {
    accepted: false,
    reason: 'credentials',
  })
  t.match(await ask(staff.TrySignInCall, { address: 'q', email }), { allowed: true, account: null })

  const { items } = await ask(staff.ListStaffCall, { limit: 500 })
  const root = items.find(({ isAdmin }) => isAdmin)
  const second = await member({ isAdmin: true })
  await invite({ isAdmin: true })
  const demote = (staffId = '') => ask(staff.UpdateStaffCall, { staffId, patch: { isAdmin: false } })
  const results = await Promise.allSettled([demote(root?.id), demote(second.id)])
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1, 'not both at once')
  t.match(
    results.find(({ status }) => status === 'rejected'),
    { reason: { code: 'conflict' } },
  )
})

t.test('the campus provider: by subject, at first by the e-mail of the invitation', async t => {
  const { id, email } = await invite()
  const enter = (subject: string, mail: string, makeAdmin = false) =>
    ask(staff.SignInByProviderCall, {
      subject,
      email: mail,
      name: 'Name',
      makeAdmin,
      staffId: randomUUIDv7(),
      session: session(),
    })
  t.same(await enter('i|0', 'stranger@example.edu'), { accepted: false, reason: 'not_invited' })
  t.match(await enter('i|1', email.toUpperCase()), { accepted: true, user: { id } })
  t.match(await enter('i|1', 'renamed@example.edu'), { accepted: true, user: { id } })
  t.same(
    await enter('i|2', email),
    { accepted: false, reason: 'another_subject' },
    'an address given to another',
  )
  t.match(await enter('i|3', 'boss@example.edu', true), { accepted: true, user: { isAdmin: true } })
  await ask(staff.UpdateStaffCall, { staffId: id, patch: { disabled: true } })
  t.same(await enter('i|1', email), { accepted: false, reason: 'not_invited' })
})
