import type { Course } from '../../api/types.ts'

/** What a token of a model counts, as people write it: 3 means three tokens for one. */
export interface Factor {
  /** Tells rows apart while their names are written. */
  row: string
  model: string
  input: number | string
  cachedInput: number | string
  output: number | string
}

const THOUSANDTHS = 1000

export function toFactors(weights: Course['modelWeights']): Factor[] {
  return Object.entries(weights).map(([model, { input, cachedInput, output }]) => ({
    row: model,
    model,
    input: input / THOUSANDTHS,
    cachedInput: cachedInput / THOUSANDTHS,
    output: output / THOUSANDTHS,
  }))
}

/** As the API takes them: thousandths of a token. An empty number counts one for one. */
export function toWeights(factors: readonly Factor[]): Course['modelWeights'] {
  const thousandths = (value: number | string) => Math.round((value === '' ? 1 : Number(value)) * THOUSANDTHS)
  return Object.fromEntries(
    factors.map(({ model, input, cachedInput, output }) => [
      model.trim(),
      { input: thousandths(input), cachedInput: thousandths(cachedInput), output: thousandths(output) },
    ]),
  )
}

/** What is wrong with a list of factors, by row: a text's key. */
export function faultsOfFactors(
  factors: readonly Factor[],
): Map<string, 'noModel' | 'twice' | 'cachedAbove'> {
  const faults = new Map<string, 'noModel' | 'twice' | 'cachedAbove'>()
  const seen = new Set<string>()
  for (const { row, model, input, cachedInput } of factors) {
    const name = model.trim()
    if (name === '') faults.set(row, 'noModel')
    else if (seen.has(name)) faults.set(row, 'twice')
    else if (Number(cachedInput === '' ? 1 : cachedInput) > Number(input === '' ? 1 : input))
      faults.set(row, 'cachedAbove')
    seen.add(name)
  }
  return faults
}
