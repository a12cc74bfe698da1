import { randomUUIDv7 } from 'node:crypto'
import { HEADER, RECORD_COMPLETED } from '@lectern/shared/contracts/subjects.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { headers } from '@nats-io/transport-node'
import { keyHashOf, STUDENTS } from './reserve-keys.ts'

/** The load of `reserve.ts`, a process of its own: `node reserve-load.ts <bus> <operations> <at a time>`. Says how many were refused. */

const [url = '', operations = '0', parallel = '0'] = process.argv.slice(2)
const nc = await connectBus({ url, service: 'gateway', log: createLog('load', 'silent') })
const first = Math.floor(Math.random() * STUDENTS)
const count = Number(operations)
let next = 0
let refused = 0

interface Answer {
  data?: { granted: boolean; studentId: string; courseId: string; week: number }
}

async function work(): Promise<void> {
  while (next < count) {
    const reservationId = randomUUIDv7()
    const question = {
      reservationId,
      keyHash: keyHashOf((first + next++) % STUDENTS),
      model: 'small',
      inputTokens: 300,
      maxOutputTokens: 200,
      choices: 1,
      lowerOutput: true,
      ttlMs: 600_000,
    }
    const reply = await nc.request('quota.reserve', JSON.stringify(question), { timeout: 10_000 })
    const { data } = reply.json<Answer>()
    if (!data?.granted) {
      refused += 1
      continue
    }
    const told = headers()
    told.set(HEADER.reservation, reservationId)
    told.set(HEADER.end, 'settle')
    told.set(HEADER.course, data.courseId)
    told.set(HEADER.student, data.studentId)
    told.set(HEADER.week, String(data.week))
    told.set(HEADER.model, 'small')
    told.set(HEADER.charge, '310')
    told.set(HEADER.input, '120')
    told.set(HEADER.output, '190')
    nc.publish(RECORD_COMPLETED, '{}', { headers: told })
  }
}

await Promise.all(Array.from({ length: Number(parallel) }, work))
await nc.drain()
process.stdout.write(String(refused))
