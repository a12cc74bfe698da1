import { Alert, NativeSelect, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OwnSettings } from '../../api/student.ts'
import { Code } from '../../parts/markdown/code.tsx'
import { Shown } from '../../parts/states.tsx'
import { CopyField } from './copy-field.tsx'
import { useFreshKey } from './fresh-key.ts'
import { settingsQuery } from './queries.ts'
import { Section } from './section.tsx'
import { CODE_CLIENTS, type Connection, rootOf, snippetOf } from './snippets.ts'

/** Where the key is not known to the page: it is stored nowhere. */
const OWN_KEY = 'YOUR_KEY'

/** What common clients want to be told. */
export function Settings() {
  const { t } = useTranslation()
  const query = useQuery(settingsQuery)
  return (
    <Section title={t('me:settings.title')} about={t('me:settings.about')}>
      <Shown query={query}>{settings => <Clients settings={settings} />}</Shown>
    </Section>
  )
}

function Clients({ settings: { baseUrl, models, keyHint } }: { settings: OwnSettings }) {
  const { t } = useTranslation()
  const { value: fresh } = useFreshKey()
  const [chosen, setChosen] = useState<string | null>(null)
  const model = chosen ?? models[0] ?? 'MODEL'
  if (baseUrl === null) return <Alert color="yellow">{t('me:settings.noAddress')}</Alert>
  const to: Connection = { baseUrl, model, key: fresh ?? OWN_KEY }
  return (
    <Stack>
      {models.length > 1 && (
        <NativeSelect
          label={t('me:settings.model')}
          data={models}
          value={model}
          onChange={event => setChosen(event.currentTarget.value)}
        />
      )}
      <Tabs defaultValue="app" keepMounted={false} variant="pills">
        <Tabs.List aria-label={t('me:settings.title')} mb="sm">
          <Tabs.Tab value="app">{t('me:settings.app')}</Tabs.Tab>
          {CODE_CLIENTS.map(client => (
            <Tabs.Tab key={client} value={client}>
              {t(`me:settings.${client}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="app">
          <Stack gap="sm">
            <Text size="sm" c="dimmed">
              {t('me:settings.appAbout')}
            </Text>
            <CopyField label={t('me:settings.baseUrl')} value={baseUrl} />
            <CopyField label={t('me:settings.host')} value={rootOf(baseUrl)} />
            <CopyField label={t('me:settings.model')} value={model} />
            {fresh === null ? (
              <Text size="sm">{t('me:settings.ownKey', { hint: keyHint })}</Text>
            ) : (
              <CopyField label={t('me:settings.key')} value={fresh} />
            )}
          </Stack>
        </Tabs.Panel>
        {CODE_CLIENTS.map(client => (
          <Tabs.Panel key={client} value={client}>
            {client === 'claude' && (
              <Text size="sm" c="dimmed" mb="sm">
                {t('me:settings.claudeAbout')}
              </Text>
            )}
            {fresh === null && (
              <Text size="sm" mb="sm">
                {t('me:settings.yourKey', { word: OWN_KEY, hint: keyHint })}
              </Text>
            )}
            <Code text={snippetOf(client, to)} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  )
}
