import { Outlet } from '@tanstack/react-router'
import { Suspense } from 'react'
import { Loading } from '../parts/states.tsx'

/** Around every page: what shows until it is there. */
export function Frame() {
  return (
    <Suspense fallback={<Loading />}>
      <Outlet />
    </Suspense>
  )
}
