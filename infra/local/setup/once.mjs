// What makes the second start fast: steps are done again only when what they depend on has changed.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECT, say } from './run.mjs'

// Inside node_modules, so that the two cannot disagree: who removes that removes the memory of it.
const STAMPS = join(PROJECT, 'node_modules', '.lectern-setup.json')
const POLL_MS = 200

/** Does a step if one of its files is not as it was when the step was last done, or its result is gone. */
export async function whenChanged(name, files, stillThere, work) {
  const before = existsSync(STAMPS) ? JSON.parse(readFileSync(STAMPS, 'utf8')) : {}
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of files) hash.update(file).update(contentOf(join(PROJECT, file)))
  const now = hash.digest('hex')
  if (stillThere && before[name] === now) return
  await work()
  // New packages: every later step has to be done with them.
  const kept = name === 'packages' ? {} : before
  writeFileSync(STAMPS, JSON.stringify({ ...kept, [name]: now }))
}

function contentOf(path) {
  return existsSync(path) ? readFileSync(path) : 'missing'
}

/** One set-up of this folder at a time: a second copy that is started meanwhile waits, and finds all done. */
export async function alone(work) {
  const place = createHash('sha256').update(`${PROJECT} ${process.getuid?.()}`).digest('hex').slice(0, 16)
  const lock = join(tmpdir(), `lectern-setup-${place}.lock`)
  for (let told = false; !take(lock); told = true) {
    if (!told) say('Waiting for another set-up of this folder')
    await new Promise(done => setTimeout(done, POLL_MS))
  }
  const release = () => rmSync(lock, { force: true })
  process.once('exit', release)
  await work()
  process.off('exit', release)
  release()
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!runs(Number(contentOf(lock)))) rmSync(lock, { force: true })
    return false
  }
}

function runs(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
