import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app/app.css'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { startI18n } from './app/i18n.ts'

await startI18n()
const place = document.getElementById('root')
if (place) createRoot(place).render(<App />)
