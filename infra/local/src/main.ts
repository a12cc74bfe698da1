import { say } from './progress.ts'
import { run } from './run.ts'

// Exits at once: steps of a start that was broken off may still be waiting for something.
process.exit(await run(process.argv.slice(2), process.env, say))
