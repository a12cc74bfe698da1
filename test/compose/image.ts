import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { docker, PROJECT, run } from './engine.ts'

/** Builds the image of this tree under a name; the version is a label, and makes it another image. */
export async function buildImage(name: string, version: string): Promise<void> {
  const args = ['build', '-f', 'infra/Dockerfile', '-t', name, '--build-arg', `VERSION=${version}`, '.']
  await run('docker', args, { cwd: PROJECT })
}

export interface ImageFacts {
  user: string
  labels: Record<string, string>
  sizeBytes: number
  /** Of the Node image that it is built upon. */
  baseSizeBytes: number
  /** Names of the packages inside, each with what it needs itself. */
  packages: Map<string, string[]>
}

/** What an image holds. */
export async function inspectImage(name: string): Promise<ImageFacts> {
  const base = /^FROM (\S+)/m.exec(readFileSync(join(PROJECT, 'infra', 'Dockerfile'), 'utf8'))?.[1] ?? ''
  const [[image], [below]] = await Promise.all(
    [name, base].map(async image => JSON.parse(await docker('image', 'inspect', image))),
  )
  const listed = await inside(name, `node -e '${LIST_PACKAGES}'`)
  return {
    user: image.Config.User,
    labels: image.Config.Labels,
    sizeBytes: image.Size,
    baseSizeBytes: below.Size,
    packages: new Map(JSON.parse(listed)),
  }
}

/** Runs in the image. Each package lies in `.pnpm/<name and version>/node_modules/<name>`, beside links to what it needs. */
const LIST_PACKAGES = `
  const { globSync, readFileSync, lstatSync } = require("node:fs")
  const folders = ["*", "@*/*"].flatMap(name => globSync("/lectern/node_modules/.pnpm/*/node_modules/" + name))
  const own = folders.filter(folder => !lstatSync(folder).isSymbolicLink() && !/@[^/]*$/.test(folder))
  const read = folder => JSON.parse(readFileSync(folder + "/package.json", "utf8"))
  const needs = ({ name, dependencies = {}, optionalDependencies = {} }) =>
    [name, Object.keys({ ...dependencies, ...optionalDependencies })]
  console.log(JSON.stringify(own.map(folder => needs(read(folder)))))`

/** What a shell inside of an image prints. */
export function inside(image: string, command: string): Promise<string> {
  return docker('run', '--rm', '--network', 'none', '--entrypoint', 'sh', image, '-c', command)
}

/** Packages inside of an image that only developers ask for: neither a manifest's production nor a package there needs them. */
export function developersPackages(packages: Map<string, string[]>): string[] {
  const folders = ['services', 'packages'].flatMap(parent =>
    readdirSync(join(PROJECT, parent)).map(name => join(parent, name)),
  )
  const manifests = ['.', 'infra/local', ...folders].map(folder =>
    JSON.parse(readFileSync(join(PROJECT, folder, 'package.json'), 'utf8')),
  )
  const production = manifests.flatMap(({ dependencies = {} }) => Object.keys(dependencies))
  const needed = new Set([...production, ...[...packages.values()].flat()])
  const development = new Set(manifests.flatMap(({ devDependencies = {} }) => Object.keys(devDependencies)))
  return [...development].filter(name => packages.has(name) && !needed.has(name))
}
