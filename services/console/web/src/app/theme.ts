import { type CSSVariablesResolver, createTheme } from '@mantine/core'
import { i18n } from './i18n.ts'

const SYSTEM =
  'system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'

/** What closes a window or a notice is a cross: its name for those who do not see it. */
const closes = {
  defaultProps: () => ({ closeButtonProps: { 'aria-label': i18n.t('app:close') } }),
}

/** Calm and of the system: its fonts, one accent, and texts that are dark enough to read on every surface. */
export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: SYSTEM,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  components: { Badge: { defaultProps: { tt: 'none' } }, Modal: closes, Notification: closes },
  headings: {
    fontFamily: SYSTEM,
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.6rem' }, h2: { fontSize: '1.2rem' } },
  },
})

/** Quiet text and white on red that are still read by everybody: 4.5 to 1. Mantine's own are 3.3 and 3.8. */
export const variables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    ...whiteOn(colors.red[9]),
    '--mantine-color-dimmed': colors.gray[7],
    '--mantine-color-error': colors.red[8],
  },
  dark: {
    ...whiteOn(colors.red[9]),
    '--mantine-color-dimmed': colors.dark[1],
    '--mantine-color-error': colors.red[4],
  },
})

const whiteOn = (red: string) => ({
  '--mantine-color-red-filled': red,
  '--mantine-color-red-filled-hover': `color-mix(in srgb, ${red}, black 12%)`,
})

/** What the console's content policy lets style elements through by; empty under Vite's own server, which has no policy. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
}
