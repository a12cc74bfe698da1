import { run } from '@lectern/shared/run.ts'
import { Config } from './config.ts'
import { startGateway } from './service.ts'

await run('gateway', Config, startGateway)
