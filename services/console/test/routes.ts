import { PERMISSIONS } from '../src/permissions.ts'

/** Every route of the API, as its document names them. The pages' files are no part of it. */
export const ROUTES = Object.keys(PERMISSIONS)
  .filter(route => route !== 'GET /assets/*')
  .map(route => route.replace(/:(\w+)/g, '{$1}'))
