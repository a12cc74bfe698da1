import { readConfig } from '@lectern/shared/config.ts'
import t from 'tap'
import { Config } from '../src/config.ts'
import { networkOf } from '../src/network.ts'
import { createSite, isFromOwnPages } from '../src/site.ts'
import { TOKEN } from './lectern.ts'

const from = (headers: Record<string, string>) => ({ headers })

t.test('over https the cookie is of this host alone, whatever a request says', async t => {
  const site = createSite('https://lectern.example.edu/')
  t.same(site.cookie, { name: '__Host-lectern', secure: true })
  t.equal(site.originOf(from({ host: 'evil.example' })), 'https://lectern.example.edu')
  const asked = (origin: string) => isFromOwnPages(site, from({ host: 'evil.example', origin }))
  t.equal(asked('https://lectern.example.edu'), true)
  for (const origin of ['http://lectern.example.edu', 'https://evil.example', 'null', ''])
    t.equal(asked(origin), false, origin)
})

t.test('over http only this machine itself is one, by any of its names', async t => {
  const site = createSite('http://127.0.0.1:8081')
  t.same(site.cookie, { name: 'lectern', secure: false })
  for (const host of ['127.0.0.1:8081', 'localhost:5173', '[::1]:80', 'localhost'])
    t.equal(site.originOf(from({ host })), `http://${host}`)
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '10.0.0.1:8081',
    'localhost:1/x',
    '127.0.0.1.x',
  ])
    t.equal(site.originOf(from({ host })), null, host)
  t.equal(isFromOwnPages(site, from({ host: 'evil.example', origin: 'http://evil.example' })), false)
  t.equal(isFromOwnPages(site, from({ host: 'localhost:1' })), null)
})

t.test('an address that would send the cookie in the clear is not taken', async t => {
  const read = (CONSOLE_URL: string) =>
    readConfig(Config, { NATS_URL: 'nats://a', ADMIN_TOKEN: TOKEN, CONSOLE_URL }).CONSOLE_URL
  for (const url of [
    'https://lectern.example.edu',
    'http://localhost:8081',
    'http://[::1]:1/',
    'http://127.0.0.1',
  ])
    t.equal(read(url), url)
  for (const url of [
    'http://lectern.example.edu',
    'http://10.0.0.1',
    'https://a/b',
    'http://localhost.evil',
    'x',
  ])
    t.throws(() => read(url), /CONSOLE_URL/, url)
})

t.test('tries are counted by address, and by /64 of IPv6', async t => {
  t.equal(networkOf('192.0.2.7'), '192.0.2.7')
  t.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  for (const address of [
    '2001:db8::1',
    '2001:DB8:0:0:ffff::',
    '2001:0db8:0000:0000:1:2:3:4',
    '2001:db8::5%eth0',
  ])
    t.equal(networkOf(address), '2001:db8:0:0::/64', address)
  t.equal(networkOf('::1'), '0:0:0:0::/64')
  t.equal(networkOf('fe80:1:2:3::'), 'fe80:1:2:3::/64')
})
