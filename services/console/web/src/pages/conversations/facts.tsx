import { isTrialAccount } from '@lectern/shared/trial.ts'
import { Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '../../api/types.ts'
import { useCourse } from '../../app/course.ts'
import { useFormat } from '../../app/format.ts'
import { TextLink } from '../../parts/links.tsx'
import { Code } from '../../parts/markdown/code.tsx'
import { useWeekText } from '../../parts/week-text.ts'
import { rulesQuery } from '../rules/rules.ts'
import classes from './facts.module.css'
import { OutcomeBadge } from './outcome-badge.tsx'

/** What is known of a request beside its words. */
export function Facts({ conversation, name }: { conversation: Conversation; name: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const course = useCourse()
  const weekOf = useWeekText()
  const { studentId, week, model, providerModel, usage, promptVersion, cached, paidBy } = conversation
  const isTrial = isTrialAccount(studentId)
  const charged = t('conversations:tokens', {
    count: conversation.chargeTokens,
    number: format.number(conversation.chargeTokens),
  })
  const tokens = {
    input: format.number(usage.inputTokens),
    cached: format.number(usage.cachedTokens),
    output: format.number(usage.outputTokens),
  }
  const seconds = (ms: number) =>
    t('conversations:fact.seconds', { seconds: format.number(Math.round(ms / 100) / 10) })
  return (
    <section aria-labelledby="facts">
      <Title order={2} size="h4" id="facts" mb="sm">
        {t('conversations:fact.title')}
      </Title>
      <dl className={classes.facts}>
        <Fact name={t('conversations:fact.student')}>
          <TextLink
            to="/courses/$course/conversations"
            params={{ course: course.id }}
            search={{ student: studentId }}
            size="sm"
          >
            {t('conversations:fact.allOf', { name })}
          </TextLink>
          {isTrial && <TrialAccount id={studentId} />}
        </Fact>
        <Fact name={t('conversations:fact.week')}>{weekOf(week)}</Fact>
        <Fact name={t('conversations:fact.model')}>
          {model}
          {providerModel && providerModel !== model && ` (${providerModel})`}
        </Fact>
        <Fact name={t('conversations:fact.tokens')}>
          {usage.cachedTokens > 0
            ? t('conversations:fact.tokensCached', tokens)
            : t('conversations:fact.tokensOf', tokens)}
          {usage.source === 'estimate' && ` · ${t('conversations:fact.estimate')}`}
        </Fact>
        <Fact name={t('conversations:fact.charge')}>
          {charged}
          {paidBy === 'student' && ` · ${t('conversations:fact.ownKey')}`}
          {cached && ` · ${t('conversations:fact.again')}`}
        </Fact>
        <Fact name={t('conversations:fact.outcome')}>
          <OutcomeBadge outcome={conversation.outcome} />
        </Fact>
        <Fact name={t('conversations:fact.duration')}>
          {conversation.firstTokenMs === null
            ? seconds(conversation.totalMs)
            : t('conversations:fact.firstToken', {
                first: seconds(conversation.firstTokenMs),
                total: seconds(conversation.totalMs),
              })}
        </Fact>
        <Fact name={t('conversations:fact.prompt')}>
          {promptVersion !== null
            ? t('conversations:fact.promptVersion', { version: promptVersion })
            : isTrial
              ? t('conversations:trial.prompt')
              : t('conversations:fact.noPrompt')}
        </Fact>
        <RuleHits hits={conversation.ruleHits} />
        <Fact name={t('conversations:fact.door')}>
          <span className="code">{conversation.endpoint}</span>
        </Fact>
        <Fact name={t('conversations:fact.id')}>
          <span className="code">{conversation.id}</span>
        </Fact>
      </dl>
      <Parameters parameters={conversation.parameters} />
    </section>
  )
}

/** From which account somebody of the staff tries. */
function TrialAccount({ id }: { id: string }) {
  const { t } = useTranslation()
  const course = useCourse()
  return (
    <>
      {' · '}
      <TextLink to="/courses/$course/students/$student" params={{ course: course.id, student: id }} size="sm">
        {t('conversations:trial.account')}
      </TextLink>
    </>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function RuleHits({ hits }: { hits: Conversation['ruleHits'] }) {
  const { t } = useTranslation()
  const course = useCourse()
  const { data: rules = [] } = useQuery({ ...rulesQuery(course.id), enabled: hits.length > 0 })
  if (hits.length === 0) return null
  return (
    <Fact name={t('conversations:fact.rules')}>
      <Stack gap={2}>
        {hits.map(({ id, kind }) => (
          <Text key={id} size="sm">
            {t(`conversations:rule.${kind}`, { rule: rules.find(rule => rule.id === id)?.pattern ?? id })}
          </Text>
        ))}
      </Stack>
    </Fact>
  )
}

function Parameters({ parameters }: { parameters: Conversation['parameters'] }) {
  const { t } = useTranslation()
  if (Object.keys(parameters).length === 0) return null
  return (
    <details className={classes.parameters}>
      <summary>{t('conversations:fact.parameters')}</summary>
      <Code text={JSON.stringify(parameters, null, 2)} />
    </details>
  )
}
