import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { CourseId, Iso, Next, Nullable, PageQuery, Week } from './fields.ts'

/** The system prompt and the rules of each week. Owned by the prompts service. */

const weekRange = { fromWeek: Week, toWeek: Week }

/** A published text; never edited, only followed by a newer one. */
export const PromptVersion = Type.Object({
  id: Type.String(),
  courseId: CourseId,
  /** Counts from 1 within the course. */
  version: Type.Integer({ minimum: 1 }),
  ...weekRange,
  text: Type.String(),
  /** When it comes, or came, into force; null: as it was published. */
  publishAt: Type.Optional(Nullable(Iso)),
  createdAt: Iso,
})
export type PromptVersion = Static<typeof PromptVersion>

export const RuleKind = Type.Enum(['block', 'guide'])
export const Rule = Type.Object({
  id: Type.String(),
  courseId: CourseId,
  kind: RuleKind,
  /** RE2 syntax, matched without regard to case anywhere in the student's newest message. */
  pattern: Type.String(),
  /** block: what the student is answered. guide: what is added to the system prompt of that request. */
  message: Type.String(),
  ...weekRange,
  createdAt: Iso,
})
export type Rule = Static<typeof Rule>

/** What is in force for a course in a week. No prompt published: `prompt` is null. */
export const Policy = Type.Object({
  courseId: CourseId,
  week: Week,
  prompt: Nullable(Type.Object({ id: Type.String(), version: Type.Integer(), text: Type.String() })),
  rules: Type.Array(
    Type.Object({ id: Type.String(), kind: RuleKind, pattern: Type.String(), message: Type.String() }),
  ),
})
export type Policy = Static<typeof Policy>

export const ResolveCall = defineCall(
  'prompts.resolve',
  Type.Object({ courseId: CourseId, week: Week }),
  Policy,
)

// What staff order must not lose a field that only a newer console knows: a rule without its condition would hit more.
const closed = { additionalProperties: false }

/** 200 kB bound what one request carries upstream; the bus's own limit is far above. */
const PromptText = Type.String({ minLength: 1, maxLength: 200_000 })

/** In force within a second, or from a time in the future. */
export const PublishCall = defineCall(
  'prompts.publish',
  Type.Object({ courseId: CourseId, ...weekRange, text: PromptText, publishAt: Type.Optional(Iso) }, closed),
  PromptVersion,
)
/** The text and weeks of an earlier version, as a new one. */
export const RestoreCall = defineCall(
  'prompts.restore',
  Type.Object(
    {
      courseId: CourseId,
      version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
      publishAt: Type.Optional(Iso),
    },
    closed,
  ),
  PromptVersion,
)
/** Takes a version back that is not in force yet; one that is, or was, is a conflict. */
export const WithdrawCall = defineCall(
  'prompts.withdraw',
  Type.Object({ courseId: CourseId, version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) }),
  PromptVersion,
)
export const ListPromptsCall = defineCall(
  'prompts.list',
  Type.Object({ courseId: CourseId, ...PageQuery }),
  Type.Object({ items: Type.Array(PromptVersion), next: Next }),
)

export const AddRuleCall = defineCall(
  'prompts.rules.add',
  Type.Object(
    {
      courseId: CourseId,
      kind: RuleKind,
      pattern: Type.String({ minLength: 1, maxLength: 1000 }),
      message: Type.String({ minLength: 1, maxLength: 10_000 }),
      ...weekRange,
    },
    closed,
  ),
  Rule,
)
export const ListRulesCall = defineCall(
  'prompts.rules.list',
  Type.Object({ courseId: CourseId, ...PageQuery }),
  Type.Object({ items: Type.Array(Rule), next: Next }),
)
export const RemoveRuleCall = defineCall(
  'prompts.rules.remove',
  Type.Object({ courseId: CourseId, ruleId: Type.String() }),
  Rule,
)

/** A text to try; longer ones are matched alike, but nobody reads their places. */
const Sample = Type.String({ minLength: 1, maxLength: 20_000 })

/** What the model would get for a question in a week, by the same code as the gateway's. `text`: instead of the prompt in force. */
export const PreviewCall = defineCall(
  'prompts.preview',
  Type.Object({ courseId: CourseId, week: Week, question: Sample, text: Type.Optional(PromptText) }),
  Type.Object({
    /** Empty where a rule answers instead. */
    messages: Type.Array(Type.Object({ role: Type.String(), content: Type.String() })),
    blockedWith: Nullable(Type.String()),
    hits: Type.Array(Type.Object({ id: Type.String(), kind: RuleKind })),
    /** The version in force; null: none, or the text that was given. */
    version: Nullable(Type.Integer()),
  }),
)

/** `start` inclusive, `end` exclusive, as JavaScript counts characters (UTF-16). */
const Places = Type.Array(Type.Object({ start: Type.Integer(), end: Type.Integer() }))
/** Which rules hit a text, and where; `week`: only those of this week. `pattern`: one that is not saved yet. */
export const TestRulesCall = defineCall(
  'prompts.rules.test',
  Type.Object({
    courseId: CourseId,
    text: Sample,
    week: Type.Optional(Week),
    pattern: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  }),
  Type.Object({
    hits: Type.Array(Type.Object({ rule: Rule, places: Places })),
    /** Of `pattern`; null: none was given. */
    places: Nullable(Places),
  }),
)

/** The payload of the `prompts.changed` broadcast. */
export const PromptsChanged = Type.Object({ courseId: CourseId })
export type PromptsChanged = Static<typeof PromptsChanged>
