import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app/app.css'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { startI18n } from './app/i18n.ts'
import { styleNonce } from './app/theme.ts'

// The library that keeps the page still behind a window writes a style element too.
setNonce(styleNonce())
await startI18n()
const place = document.getElementById('root')
if (place) createRoot(place).render(<App />)
