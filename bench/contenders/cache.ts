import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PROJECT } from '@lectern/local/services.ts'

const CACHE = join(PROJECT, '.lectern', 'bench')
const TIMEOUT_MS = 180_000

/** A folder of things that only the benchmark needs, made once; a half made one is never taken for whole. */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name)
  if (existsSync(folder)) return folder
  const unfinished = `${folder}.${process.pid}.new`
  await mkdir(unfinished, { recursive: true })
  try {
    await make(unfinished)
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
  return folder
}

/** Runs a program of the set-up; an error carries what it said. */
export async function command(cwd: string, program: string, ...args: string[]): Promise<void> {
  // npm tells its scripts about the package that it runs for; an npm inside must not take that for its own.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle)_/.test(name)),
  )
  try {
    await promisify(execFile)(program, args, { cwd, env, timeout: TIMEOUT_MS })
  } catch (error) {
    const { message, stderr = '' } = error as Error & { stderr?: string }
    throw new Error(stderr.trim().split('\n').at(-1) || message)
  }
}
