import { Button, List, Paper, SimpleGrid, Stack, Text, Textarea, Title } from '@mantine/core'
import { Dropzone } from '@mantine/dropzone'
import '@mantine/dropzone/styles.css'
import FileSpreadsheet from 'lucide-react/icons/file-spreadsheet'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

const MOST_BYTES = 5 * 1024 * 1024

interface ImportSourceProps {
  loading: boolean
  choose: (content: ArrayBuffer | string) => void
}

/** Where the roster comes from: a file, or cells that are pasted. */
export function ImportSource({ loading, choose }: ImportSourceProps) {
  const { t } = useTranslation()
  const [wrong, setWrong] = useState(false)
  const [pasted, setPasted] = useState('')
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Paper withBorder p="lg" component="section">
        <Stack>
          <Title order={2}>{t('roster:import.file')}</Title>
          <Dropzone
            onDrop={async ([file]) => {
              setWrong(false)
              if (file) choose(await file.arrayBuffer())
            }}
            onReject={() => setWrong(true)}
            maxSize={MOST_BYTES}
            maxFiles={1}
            multiple={false}
            loading={loading}
            inputProps={{ 'aria-label': t('roster:import.drop') }}
          >
            <Stack align="center" py="lg" gap="xs">
              <FileSpreadsheet size={32} />
              <Text ta="center">{t('roster:import.drop')}</Text>
            </Stack>
          </Dropzone>
          {wrong && (
            <Text c="var(--mantine-color-error)" role="alert">
              {t('roster:import.wrongFile')}
            </Text>
          )}
          <List size="sm" c="dimmed" spacing={4}>
            <List.Item>{t('roster:import.columns')}</List.Item>
            <List.Item>{t('roster:import.format')}</List.Item>
          </List>
        </Stack>
      </Paper>
      <Paper withBorder p="lg" component="section">
        <Stack>
          <Title order={2}>{t('roster:import.paste')}</Title>
          <Textarea
            label={t('roster:import.pasteLabel')}
            description={t('roster:import.pasteAbout')}
            placeholder={t('roster:import.pasteExample')}
            rows={7}
            value={pasted}
            onChange={event => setPasted(event.currentTarget.value)}
            classNames={{ input: 'code' }}
          />
          <Button
            style={{ alignSelf: 'flex-start' }}
            disabled={pasted.trim() === ''}
            loading={loading}
            onClick={() => choose(pasted)}
          >
            {t('roster:import.look')}
          </Button>
        </Stack>
      </Paper>
    </SimpleGrid>
  )
}
