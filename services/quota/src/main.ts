import { run } from '@lectern/shared/run.ts'
import { Config } from './config.ts'
import { startService } from './service.ts'

await run('quota', Config, startService)
