import { Server } from 'node:net'

/** Loaded before a server that would listen on every address of the machine: it gets 127.0.0.1 only. */

const { listen } = Server.prototype

Server.prototype.listen = function (this: Server, ...args: unknown[]) {
  const [port, ...rest] = args
  const options = typeof port === 'object' ? { ...port, host: '127.0.0.1' } : { port, host: '127.0.0.1' }
  const callback = rest.find(each => typeof each === 'function')
  return Reflect.apply(listen, this, callback ? [options, callback] : [options])
}
