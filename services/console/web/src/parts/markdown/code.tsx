import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import Check from 'lucide-react/icons/check'
import Copy from 'lucide-react/icons/copy'
import { useTranslation } from 'react-i18next'
import classes from './code.module.css'

/** Code or data as it was written: wide lines scroll, also by keyboard, and it can be copied. */
export function Code({ text }: { text: string }) {
  const { t } = useTranslation()
  return (
    <div className={classes.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre className={classes.code} tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t('app:copied') : t('app:copy')}>
            <ActionIcon
              className={classes.copy}
              variant="default"
              size="sm"
              aria-label={copied ? t('app:copied') : t('app:copy')}
              onClick={copy}
            >
              {copied ? <Check size={13} /> : <Copy size={13} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  )
}
