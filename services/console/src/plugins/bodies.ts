import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyInstance } from 'fastify'
import { findJsonFault } from '../json-fault.ts'
import { decodeRoster } from '../roster-text.ts'

/** Reads bodies: JSON, whose faults are named by line and column, and CSV, in whatever encoding the spreadsheet chose. */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    parseJson(body),
  )
  app.addContentTypeParser(
    // Cells that are pasted from a spreadsheet are separated by tabs.
    ['text/csv', 'text/tab-separated-values'],
    { parseAs: 'buffer' },
    async (request: { headers: object }, body: Buffer) => {
      const { 'content-type': type = '' } = request.headers as { 'content-type'?: string }
      return decodeRoster(body, /charset="?([^\s;"]+)/i.exec(type)?.[1])
    },
  )
}

function parseJson(body: Buffer): unknown {
  // A BOM is no JSON, but Windows tools write it.
  const text = body.toString('utf8').replace(/^\uFEFF/, '')
  // No body at all is the validator's to judge: some routes need none.
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    const { line, column, found } = findJsonFault(text)
    const message = `The body is not valid JSON: line ${line}, column ${column}: ${found}.`
    throw new LecternError('invalid_request', { message, cause })
  }
}
