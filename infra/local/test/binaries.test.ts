import { chmodSync, symlinkSync } from 'node:fs'
import t from 'tap'
import { besideInitdb, findOrInstall, findProgram, findServer } from '../src/binaries.ts'

const path = process.env.PATH
t.afterEach(() => {
  process.env.PATH = path
})

const executable = (...files: string[]) => {
  for (const file of files) chmodSync(file, 0o755)
}

t.test('PATH comes first, and only programs count', async t => {
  const folder = t.testdir({ first: { redis: '' }, second: { redis: '' }, other: { redis: '', nats: '' } })
  executable(`${folder}/second/redis`, `${folder}/other/redis`, `${folder}/other/nats`)
  process.env.PATH = `${folder}/first:${folder}/second`
  t.equal(
    findProgram('redis', [`${folder}/other`]),
    `${folder}/second/redis`,
    'what may not be executed is no program',
  )
  t.equal(findProgram('nats', [`${folder}/other`]), `${folder}/other/nats`)
  t.equal(findProgram('postgres', [`${folder}/other`, `${folder}/none/*`]), undefined)
})

t.test('of several versions, the newest', async t => {
  const folder = t.testdir({ 9: { initdb: '' }, 15: { initdb: '' }, 16: {} })
  executable(`${folder}/9/initdb`, `${folder}/15/initdb`)
  process.env.PATH = ''
  t.equal(findProgram('initdb', [`${folder}/*`]), `${folder}/15/initdb`)
})

t.test('Postgres is found beside the real initdb', async t => {
  const folder = t.testdir({ 15: { initdb: '', postgres: '' }, bin: {} })
  symlinkSync(`${folder}/15/initdb`, `${folder}/bin/initdb`)
  t.equal(besideInitdb(`${folder}/bin/initdb`, 'postgres'), `${folder}/15/postgres`)
})

t.test('what is there is used without installing anything', async t => {
  const folder = t.testdir({ 'nats-server': '', 'redis-server': '' })
  executable(`${folder}/nats-server`, `${folder}/redis-server`)
  process.env.PATH = folder
  t.equal(findServer('nats'), `${folder}/nats-server`)
  const said: string[] = []
  const found = await findOrInstall(['nats', 'redis'], line => said.push(line))
  t.same(found, { nats: `${folder}/nats-server`, redis: `${folder}/redis-server` })
  t.same(said, [])
})
