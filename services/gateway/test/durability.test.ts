import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { MODEL, startCampus, until } from './campus.ts'
import { eventsOf, postChat, readChunks } from './http.ts'

/** Stops a process without ending it, until the test ends at the latest. */
function standStill(t: Test, pid: number): void {
  process.kill(pid, 'SIGSTOP')
  t.teardown(() => process.kill(pid, 'SIGCONT'))
}

t.test('P3: [DONE] waits for the acknowledgement of the record', async t => {
  const campus = await startCampus(t, { env: { RECORD_ACK_TIMEOUT_MS: '5000' } })
  await (await postChat(campus, 'warm')).text()
  const response = await postChat(campus, '[[demo: gap=40 tokens=10]]')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ((await reader?.read())?.value ?? '') as string
  // The bus stands still: it takes nothing and refuses nothing.
  standStill(t, campus.nats.pid)
  const rest = (async () => {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value
  })()
  await until(() => text.includes('"finish_reason":"stop"'))
  await new Promise(resolve => setTimeout(resolve, 600))
  t.notOk(text.includes('[DONE]'), 'everything but the end has come')
  process.kill(campus.nats.pid, 'SIGCONT')
  await rest
  t.equal(eventsOf(text).at(-1), '[DONE]')
  t.equal((await campus.records()).length, 2, 'and it was on the bus by then')
  t.same(await campus.spoolFiles(), [])
})

t.test(
  'P2 P3 P11: a bus that does not acknowledge: the record is on disk before [DONE], and replayed once',
  async t => {
    const campus = await startCampus(t)
    await (await postChat(campus, 'warm')).text()
    const answers = [1, 2, 3].map(() => postChat(campus, '[[demo: gap=40 tokens=10]]'))
    const responses = await Promise.all(answers)
    standStill(t, campus.nats.pid)
    const texts = await Promise.all(responses.map(response => response.text()))
    for (const text of texts) t.equal(eventsOf(text).at(-1), '[DONE]', 'running streams finish')
    const files = await campus.spoolFiles()
    t.equal(files.length, 1)
    const path = join(campus.spoolDir, files[0] ?? '')
    t.equal((await readFile(path, 'utf8')).trim().split('\n').length, 3)
    t.equal((await stat(path)).mode & 0o777, 0o600)
    process.kill(campus.nats.pid, 'SIGCONT')
    const records = await campus.recordsOf(4)
    await until(async () => (await campus.spoolFiles()).length === 0)
    t.equal(new Set(records.map(({ record }) => record.id)).size, 4)
    t.equal((await campus.records()).length, 4, 'the late publish and the replay are one')
  },
)

t.test(
  'P3 P11: a bus that is gone: running streams finish, new requests are told to wait, nothing is lost',
  async t => {
    const campus = await startCampus(t)
    await (await postChat(campus, 'warm')).text()
    const responses = await Promise.all([1, 2, 3].map(() => postChat(campus, '[[demo: gap=40 tokens=20]]')))
    await campus.nats.stop()
    t.equal((await postChat(campus, 'hi')).status, 503)
    for (const response of responses) t.equal(eventsOf(await response.text()).at(-1), '[DONE]')
    await campus.nats.start()
    t.equal((await campus.recordsOf(4)).length, 4)
    await until(async () => (await campus.spoolFiles()).length === 0)
    await until(async () => (await postChat(campus, 'again')).status === 200)
  },
)

t.test(
  'P3: what a killed gateway left on disk is replayed by the next one; half a line is skipped',
  async t => {
    const campus = await startCampus(t)
    await (await postChat(campus, 'warm')).text()
    const spoolDir = join(campus.spoolDir, 'killed')
    await mkdir(spoolDir)
    const child = spawn(process.execPath, [new URL('../src/main.ts', import.meta.url).pathname], {
      env: { ...process.env, ...campus.env, SPOOL_DIR: spoolDir, PORT: '0', LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    let log = ''
    child.stdout.on('data', data => {
      log += data
    })
    const url = await until(() => /listening at (http:\/\/[\d.:]+)/.exec(log)?.[1] ?? null)
    const response = await postChat({ url, key: campus.key }, '[[demo: gap=40 tokens=10]]')
    standStill(t, campus.nats.pid)
    const { text } = await readChunks(response)
    t.equal(eventsOf(text).at(-1), '[DONE]')
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    process.kill(campus.nats.pid, 'SIGCONT')
    const [file = ''] = await readdir(spoolDir)
    await appendFile(join(spoolDir, file), '{"id":"half a li')
    const before = await campus.records()
    await campus.anotherGateway({ SPOOL_DIR: spoolDir })
    await until(async () => (await readdir(spoolDir)).length === 0)
    const records = await campus.recordsOf(2)
    t.ok(before.length <= 2)
    t.equal(records.length, 2)
    t.match(records.at(-1)?.record, { model: MODEL, outcome: 'completed' })
  },
)

t.test(
  'P3 P11: neither bus nor disk: the answer is not presented as complete, and still not lost',
  async t => {
    const campus = await startCampus(t, { env: { SPOOL_MAX_BYTES: '1024' } })
    await (await postChat(campus, 'warm')).text()
    const text = `[[demo: gap=40 tokens=10]]${'long '.repeat(300)}`
    const stream = await postChat(campus, text)
    const whole = postChat(campus, text, { stream: false })
    await until(() => campus.asked.reserve.length === 3)
    await new Promise(resolve => setTimeout(resolve, 100))
    standStill(t, campus.nats.pid)
    const events = eventsOf(await stream.text())
    t.match(JSON.parse(events.at(-1) ?? ''), {
      error: { code: 'internal_error', message: /could not be stored/ },
    })
    t.notOk(events.includes('[DONE]'))
    t.equal((await whole).status, 500)
    process.kill(campus.nats.pid, 'SIGCONT')
    t.equal((await campus.recordsOf(3)).length, 3)
  },
)

t.test(
  'long pictures are recorded as length and hash, long texts shortened to what the bus takes',
  async t => {
    const campus = await startCampus(t)
    const image = `data:image/png;base64,${'A'.repeat(1_500_000)}`
    const content = [
      { type: 'text', text: `look ${'long '.repeat(300_000)}` },
      { type: 'image_url', image_url: { url: image } },
    ]
    const answer = await postChat(campus, '', { messages: [{ role: 'user', content }] })
    t.equal(eventsOf(await answer.text()).at(-1), '[DONE]')
    t.ok((campus.asked.reserve[0]?.inputTokens ?? 0) < 1_600_000, 'an image is not held by its bytes')
    const [stored] = await campus.records()
    const [message] = (stored?.record.messages ?? []) as {
      content: [{ text: string }, { image_url: { url: string } }]
    }[]
    t.match(
      message?.content[1].image_url.url,
      /^data:image\/png;base64,\[1500022 characters, sha256 [0-9a-f]{64}\]$/,
    )
    t.match(message?.content[0].text, /characters omitted\]$/)
  },
)
