import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { CourseId, Iso, Next, Nullable, PageQuery } from './fields.ts'

/**
 * Who the staff are, what they may do, and who is signed in. Owned by the quota service, asked by the console. What a person
 * or a browser keeps as a secret never travels: of a password its argon2id hash, of a session and of a link the SHA-256.
 */

const closed = { additionalProperties: false }

export const StaffId = Type.String({ minLength: 1, maxLength: 64 })
/** Compared and kept in lower case. */
export const StaffEmail = Type.String({
  maxLength: 320,
  pattern: '^[^\\s@]+@[^\\s@]+$',
  description: 'an e-mail address',
})
export const StaffName = Type.String({ minLength: 1, maxLength: 200 })
/** An owner may do everything in the course; an assistant only reads. */
export const CourseRole = Type.Enum(['owner', 'assistant'])
export type CourseRole = Static<typeof CourseRole>
/** SHA-256 of a random secret of 256 bits, hex. */
export const SecretHash = Type.String({ pattern: '^[0-9a-f]{64}$' })
/** argon2id in PHC's form. */
const PasswordHash = Type.String({ minLength: 1, maxLength: 300 })
/** Where a request came from: an address, or its network. */
export const Address = Type.String({ minLength: 1, maxLength: 100 })

export const RoleInCourse = Type.Object({ id: CourseId, name: Type.String(), role: CourseRole })
export type RoleInCourse = Static<typeof RoleInCourse>

/** Somebody who is signed in. */
export const Identity = Type.Object({
  id: StaffId,
  email: Type.String(),
  name: Type.String(),
  isAdmin: Type.Boolean(),
  courses: Type.Array(RoleInCourse),
})
export type Identity = Static<typeof Identity>

export const StaffMember = Type.Object({
  ...Identity.properties,
  disabled: Type.Boolean(),
  /** Whether there is a way in: a password, or an identity at the campus' provider. */
  canSignIn: Type.Boolean(),
  createdAt: Iso,
})
export type StaffMember = Static<typeof StaffMember>

/** A new session. The one that it replaces ends: an id from before the sign-in opens nothing afterwards. */
const NewSession = Type.Object({ hash: SecretHash, replaces: Type.Optional(SecretHash) })
export type NewSession = Static<typeof NewSession>

const refused = <R extends string>(...reasons: R[]) =>
  Type.Object({ accepted: Type.Literal(false), reason: Type.Unsafe<R>(Type.Enum(reasons)) })
const accepted = Type.Object({ accepted: Type.Literal(true), user: Identity })

/** Whether nobody could sign in as admin yet; then, with a hash, a link with that secret makes the first one. */
export const OfferSetupCall = defineCall(
  'staff.setup.offer',
  Type.Object({ linkHash: Type.Optional(SecretHash) }),
  Type.Object({ needed: Type.Boolean() }),
)
/** The first admin, by the link. Refused as soon as there is one. */
export const CompleteSetupCall = defineCall(
  'staff.setup.complete',
  Type.Object({
    linkHash: SecretHash,
    staffId: StaffId,
    email: StaffEmail,
    name: StaffName,
    passwordHash: PasswordHash,
    session: NewSession,
  }),
  Type.Union([refused('link'), accepted]),
)

/**
 * Takes one of the tries of an account at an address, and of the address, before anything is compared: so tries at the same
 * moment count, too. `account` null: nobody by that e-mail who has a password, or none was asked for.
 */
export const TrySignInCall = defineCall(
  'staff.sign-in.try',
  Type.Object({ address: Address, email: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })) }),
  Type.Union([
    Type.Object({ allowed: Type.Literal(false), retryAfterMs: Type.Integer({ minimum: 0 }) }),
    Type.Object({
      allowed: Type.Literal(true),
      account: Nullable(Type.Object({ staffId: StaffId, passwordHash: PasswordHash })),
    }),
  ]),
)
/** A session for whoever knew the password that belongs to this hash; refused where it is not the present one any more. */
export const SignInCall = defineCall(
  'staff.sign-in.complete',
  Type.Object({ staffId: StaffId, passwordHash: PasswordHash, address: Address, session: NewSession }),
  Type.Union([refused('credentials'), accepted]),
)
/** A session for whom the campus' provider vouches for: by subject, and at the first time by the e-mail of the invitation. */
export const SignInByProviderCall = defineCall(
  'staff.sign-in.by-provider',
  Type.Object({
    /** Issuer and subject. */
    subject: Type.String({ minLength: 1, maxLength: 1000 }),
    email: StaffEmail,
    name: StaffName,
    /** The operator's list names the e-mail: an account of an admin, made where there is none. */
    makeAdmin: Type.Boolean(),
    /** For an account that has to be made. */
    staffId: StaffId,
    session: NewSession,
  }),
  Type.Union([refused('not_invited', 'another_subject'), accepted]),
)

/** Whose session it is, and that it is used now. */
export const GetSessionCall = defineCall(
  'staff.sessions.get',
  Type.Object({ hash: SecretHash }),
  Type.Object({ user: Nullable(Identity) }),
)
export const EndSessionCall = defineCall(
  'staff.sessions.end',
  Type.Object({ hash: SecretHash }),
  Type.Object({ ended: Type.Boolean() }),
)
/** Another password for whoever knew the present one; all other sessions end. */
export const ChangePasswordCall = defineCall(
  'staff.password.change',
  Type.Object({
    staffId: StaffId,
    before: PasswordHash,
    passwordHash: PasswordHash,
    address: Address,
    session: NewSession,
  }),
  Type.Union([refused('credentials'), accepted]),
)

export const ListStaffCall = defineCall(
  'staff.list',
  Type.Object({ ...PageQuery }),
  Type.Object({ items: Type.Array(StaffMember), next: Next }),
)
/** Somebody new, with a link that sets the first password. */
export const InviteStaffCall = defineCall(
  'staff.invite',
  Type.Object(
    {
      staffId: StaffId,
      email: StaffEmail,
      name: StaffName,
      isAdmin: Type.Boolean(),
      courses: Type.Array(Type.Object({ id: CourseId, role: CourseRole }, closed), { maxItems: 200 }),
      linkHash: SecretHash,
    },
    closed,
  ),
  StaffMember,
)
/**
 * A role in a course for whoever has this e-mail; somebody new is invited for it, by a link. `invited` false: they were of the
 * staff already, and the link was not kept.
 */
export const InviteToCourseCall = defineCall(
  'staff.roles.invite',
  Type.Object(
    {
      courseId: CourseId,
      role: CourseRole,
      staffId: StaffId,
      email: StaffEmail,
      name: StaffName,
      linkHash: SecretHash,
    },
    closed,
  ),
  Type.Object({ member: StaffMember, invited: Type.Boolean() }),
)
/** A new link for somebody; the ones before it end. What was in force stays so until it is used. */
export const RenewLinkCall = defineCall(
  'staff.link',
  Type.Object({ staffId: StaffId, linkHash: SecretHash }),
  StaffMember,
)
/** A password by a link, once; all sessions end and one begins. */
export const AcceptInvitationCall = defineCall(
  'staff.invitations.accept',
  Type.Object({ linkHash: SecretHash, passwordHash: PasswordHash, session: NewSession }),
  Type.Union([refused('link'), accepted]),
)
/** The last admin who can sign in stays one: a conflict. Who is disabled has no session any more. */
export const UpdateStaffCall = defineCall(
  'staff.update',
  Type.Object(
    {
      staffId: StaffId,
      patch: Type.Partial(
        Type.Object({ name: StaffName, isAdmin: Type.Boolean(), disabled: Type.Boolean() }),
        closed,
      ),
    },
    closed,
  ),
  StaffMember,
)

const ofCourse = { courseId: CourseId, staffId: StaffId }
export const PutRoleCall = defineCall(
  'staff.roles.put',
  Type.Object({ ...ofCourse, role: CourseRole }),
  StaffMember,
)
export const RemoveRoleCall = defineCall('staff.roles.remove', Type.Object(ofCourse), StaffMember)
export const ListRolesCall = defineCall(
  'staff.roles.list',
  Type.Object({ courseId: CourseId }),
  Type.Object({
    items: Type.Array(
      Type.Object({
        id: StaffId,
        email: Type.String(),
        name: Type.String(),
        role: CourseRole,
        disabled: Type.Boolean(),
      }),
    ),
  }),
)
