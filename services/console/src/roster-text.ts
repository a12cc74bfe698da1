import { LecternError } from '@lectern/shared/errors.ts'
import { hasChineseHeading } from './roster-columns.ts'

/**
 * The text of an uploaded roster. A spreadsheet rarely says which encoding it wrote: a byte order mark and valid UTF-8
 * are sure signs; otherwise it is what Excel calls CSV, in the encoding of its Windows: GB18030 where that makes the
 * first line name columns in Chinese, else windows-1252 (of which Latin-1 is a part).
 */
export function decodeRoster(bytes: Uint8Array, charset?: string): string {
  if (isZip(bytes)) {
    throw new LecternError('invalid_request', {
      message: 'This is a workbook, not a text file: save it as "CSV UTF-8" in your spreadsheet first.',
    })
  }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decode('utf-16le', bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decode('utf-16be', bytes)
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) return decode(charset, bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const chinese = decode('gb18030', bytes)
    return hasChineseHeading(chinese) ? chinese : decode('windows-1252', bytes)
  }
}

/** Workbooks (xlsx, ods, numbers) are zip files. */
function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04
}

function decode(encoding: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding).decode(bytes)
  } catch (cause) {
    const message = `The charset ${encoding.slice(0, 40)} of the content type is not known. UTF-8 is best.`
    throw new LecternError('invalid_request', { message, cause })
  }
}
