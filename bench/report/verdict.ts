/** What a figure should be: at least or at most so much. */
export type Bound = { least: number } | { most: number }

/** Whether it is; NaN is a figure that was not taken. */
export function verdictOf(measured: number, bound: Bound): string {
  if (Number.isNaN(measured)) return 'not measured'
  const reached = 'most' in bound ? measured <= bound.most : measured >= bound.least
  return reached ? 'reached' : '**not reached**'
}
