import { execFile, execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from '@lectern/local/binaries.ts'
import { installPackages } from '@lectern/local/install.ts'
import type { ISecret } from 'kubernetes-models/v1/Secret'
import { parseAllDocuments } from 'yaml'
import type { Any } from './objects.ts'

/** Renders the overlays of infra/k8s as an operator would: with `kubectl kustomize`. */

export const MANIFESTS = join(import.meta.dirname, '..', '..', 'infra', 'k8s')
export const OVERLAYS = ['demo', 'production', 'production-keda'] as const
export type Overlay = (typeof OVERLAYS)[number]

export type Rendered = Record<Overlay, Any[]>

/** The Secrets of an installation whose stores are elsewhere, as the README makes them. */
export const ELSEWHERE = {
  POSTGRES: 'db.example.edu:6432',
  POSTGRES_DIRECT: 'db.example.edu:5432',
  POSTGRES_ADMIN: 'owner:password',
  REDIS_URL: 'rediss+cluster://:password@redis.example.edu:6379',
}

/** Where kubectl is; on Debian it is installed where it is missing. Answers the reason where it cannot be had. */
export async function findKubectl(): Promise<{ kubectl: string } | { reason: string }> {
  const find = () => findProgram('kubectl', ['/usr/local/bin', '/opt/homebrew/bin'])
  if (!find()) {
    const packages = { titles: ['kubectl'], debian: ['kubernetes-client'], brew: ['kubernetes-cli'] }
    // Whatever the reason is, the manifests are only not looked at here; what is wrong with them fails below.
    await installPackages({ ...packages, say: () => {} }).catch(() => undefined)
  }
  const kubectl = find()
  if (kubectl) return { kubectl }
  return {
    reason: 'kubectl is not here and could not be installed (Debian: apt-get install kubernetes-client)',
  }
}

/** Writes fresh Secrets with the script that operators use. */
export function makeSecrets(manifests: string, env: Record<string, string> = {}, folder?: string): void {
  const args = [join(manifests, 'make-secrets.sh'), ...(folder ? [folder] : [])]
  execFileSync('sh', args, { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' })
}

/** Renders every overlay, from a copy in `folder`: the demo's Secrets must be none that somebody uses. */
export async function renderAll(kubectl: string, folder: string): Promise<Rendered> {
  const manifests = copyManifests(folder)
  makeSecrets(manifests)
  const rendered = OVERLAYS.map(
    async overlay => [overlay, await render(kubectl, join(manifests, 'overlays', overlay))] as const,
  )
  return Object.fromEntries(await Promise.all(rendered)) as Rendered
}

/** A copy of the manifests without anybody's passwords. */
export function copyManifests(folder: string): string {
  const manifests = join(folder, 'k8s')
  cpSync(MANIFESTS, manifests, { recursive: true, filter: path => !path.endsWith('/secrets') })
  return manifests
}

async function render(kubectl: string, overlay: string): Promise<Any[]> {
  const { stdout } = await promisify(execFile)(kubectl, ['kustomize', overlay], { maxBuffer: 16 * 1024 ** 2 })
  return parseAllDocuments(stdout).map(document => {
    if (document.errors.length > 0) throw document.errors[0]
    return unbroken(document.toJS() as Any)
  })
}

/** Kustomize breaks the long values of Secrets into lines. The API does not mind; the schema does. */
function unbroken(object: Any): Any {
  if (object.kind !== 'Secret') return object
  const data = Object.entries((object as ISecret).data ?? {})
  const whole = data.map(([name, value]) => [name, value.replaceAll('\n', '')])
  return { ...object, data: Object.fromEntries(whole) } as Any
}
