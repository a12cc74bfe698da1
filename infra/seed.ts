import { tmpdir } from 'node:os'
import { keyLines, tryLines } from './local/src/banner.ts'
import { seed } from './local/src/seed.ts'

/**
 * The demo job: makes what is missing of the demo course through the staff's API, and prints its students' keys. Safe to
 * run again. Environment: `CONSOLE_URL`, `GATEWAY_URL` (both as seen from here), `ADMIN_TOKEN`, `PUBLIC_URL` (where students
 * call, for the line that is printed) and `DEMO_DIR`, where the keys are kept, because each is shown only once: without
 * that folder every run makes new ones.
 */
const {
  CONSOLE_URL,
  GATEWAY_URL,
  ADMIN_TOKEN,
  PUBLIC_URL = GATEWAY_URL ?? '',
  DEMO_DIR = tmpdir(),
} = process.env
if (!CONSOLE_URL || !GATEWAY_URL || !ADMIN_TOKEN) {
  process.stderr.write('seed: CONSOLE_URL, GATEWAY_URL and ADMIN_TOKEN are needed\n')
  process.exit(78)
}
const { students } = await seed(DEMO_DIR, {
  consoleUrl: CONSOLE_URL,
  gatewayUrl: GATEWAY_URL,
  adminToken: ADMIN_TOKEN,
})
const lines = [...keyLines(students), ...tryLines(PUBLIC_URL, students[0]?.key, 'lectern-demo')]
process.stdout.write(`${lines.join('\n')}\n`)
