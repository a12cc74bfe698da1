import t from 'tap'
import { decodeRoster } from '../src/roster-text.ts'

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

t.test('UTF-8, with and without a byte order mark', async t => {
  t.equal(decodeRoster(bytes('name\nŌe 王')), 'name\nŌe 王')
  t.equal(decodeRoster(bytes([0xef, 0xbb, 0xbf], 'name\nŌe')), 'name\nŌe')
})

t.test('invalid UTF-8 is windows-1252, the CSV of western Excel', async t => {
  t.equal(
    decodeRoster(bytes('Vorname;Name\nJ', [0xfc], 'rgen;M', [0xfc], 'ller ', [0x96], ' ', [0x80])),
    'Vorname;Name\nJürgen;Müller – €',
  )
})

t.test('invalid UTF-8 under a Chinese heading is GB18030, the CSV of Chinese Excel', async t => {
  // 姓名,邮箱 and 王 in GBK.
  const file = bytes(
    [0xd0, 0xd5, 0xc3, 0xfb],
    ',',
    [0xd3, 0xca, 0xcf, 0xe4],
    '\n',
    [0xcd, 0xf5],
    ',w@example.cn',
  )
  t.equal(decodeRoster(file), '姓名,邮箱\n王,w@example.cn')
})

t.test('UTF-16, the "Unicode text" of Excel', async t => {
  t.equal(decodeRoster(bytes([0xff, 0xfe], [...Buffer.from('name\tÖ', 'utf16le')])), 'name\tÖ')
  t.equal(decodeRoster(bytes([0xfe, 0xff], [...Buffer.from('nÖ', 'utf16le').swap16()])), 'nÖ')
})

t.test('a charset that the sender names is believed', async t => {
  t.equal(decodeRoster(bytes([0xa4]), 'iso-8859-15'), '€')
  t.equal(decodeRoster(bytes('ü'), 'UTF-8'), 'ü')
  t.throws(() => decodeRoster(bytes('x'), 'klingon'), { code: 'invalid_request', message: /charset klingon/ })
})

t.test('a workbook is recognised', async t => {
  t.throws(() => decodeRoster(bytes('PK', [3, 4, 20])), {
    code: 'invalid_request',
    message: /save it as "CSV UTF-8"/,
  })
})
