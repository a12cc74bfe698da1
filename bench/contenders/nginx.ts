import { readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from '@lectern/local/binaries.ts'
import { cached, command } from './cache.ts'
import type { Contender, Place } from './contender.ts'
import { startServer } from './server.ts'

/** nginx as a plain reverse proxy: the machine's own, or Debian's, unpacked without being installed. */
export async function startNginx(place: Place): Promise<Contender> {
  const program =
    findProgram('nginx', ['/usr/sbin']) ?? join(await cached('nginx', unpack), 'usr', 'sbin', 'nginx')
  const folder = join(place.dir, 'nginx')
  await mkdir(folder)
  const file = (port: number) => join(folder, `${port}.conf`)
  const { port, pid } = await startServer(
    {
      name: 'nginx',
      command: 'sh',
      // The port is known only now.
      args: port => [
        '-c',
        'printf %s "$0" > "$1" && exec "$2" -e stderr -p "$3" -c "$1"',
        ...[settings(port, place.mockUrl, folder), file(port), program, folder],
      ],
      side: 'measured',
    },
    place,
  )
  return {
    name: 'nginx, plain proxy',
    baseUrls: [`http://127.0.0.1:${port}/v1`],
    heads: ['Authorization: Bearer sk-bench\r\n'],
    pids: { gateway: pid },
  }
}

async function unpack(folder: string): Promise<void> {
  await command(folder, 'apt-get', 'download', 'nginx').catch(async () => {
    await command(folder, 'apt-get', 'update')
    await command(folder, 'apt-get', 'download', 'nginx')
  })
  const file = readdirSync(folder).find(name => name.endsWith('.deb'))
  await command(folder, 'dpkg-deb', '-x', file ?? '', folder)
}

function settings(port: number, mockUrl: string, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
    daemon off;
    worker_processes 1;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    pid ${folder}/pid;
    worker_rlimit_nofile 65536;
    events { worker_connections 30000; }
    http {
      access_log off;
      keepalive_requests 100000000;
      keepalive_timeout 600s;
      client_max_body_size 10m;
      client_body_buffer_size 256k;
      ${temporary.map(name => `${name}_temp_path ${folder}/${name};`).join(' ')}
      upstream mock {
        server ${new URL(mockUrl).host};
        keepalive 1024;
        keepalive_requests 100000000;
      }
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
          proxy_pass http://mock;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_buffering off;
          proxy_read_timeout 600s;
        }
      }
    }`
}
