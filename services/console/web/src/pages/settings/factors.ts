/** What a token of a model counts or costs, as people write it; a row of a list that is edited. */
export interface Factor {
  /** Tells rows apart while their names are written. */
  row: string
  model: string
  input: number | string
  cachedInput: number | string
  output: number | string
}

type PerModel = Record<string, { input: number; cachedInput: number; output: number }>

/** The rows of what the API keeps; `unit` is how many of its units are one of the people's: 1000 for weights. */
export function toFactors(kept: PerModel, unit: number): Factor[] {
  return Object.entries(kept).map(([model, { input, cachedInput, output }]) => ({
    row: model,
    model,
    input: input / unit,
    cachedInput: cachedInput / unit,
    output: output / unit,
  }))
}

/** As the API takes them. An empty number is `empty`. */
export function fromFactors(factors: readonly Factor[], unit: number, empty: number): PerModel {
  // Six digits after the point are more than any price list has, and no weight has more than three.
  const kept = (value: number | string) => Number(((value === '' ? empty : Number(value)) * unit).toFixed(6))
  return Object.fromEntries(
    factors.map(({ model, input, cachedInput, output }) => [
      model.trim(),
      { input: kept(input), cachedInput: kept(cachedInput), output: kept(output) },
    ]),
  )
}

export type FactorFault = 'noModel' | 'twice' | 'cachedAbove'

/** What is wrong with a list, by row: a text's key. */
export function faultsOfFactors(factors: readonly Factor[]): Map<string, FactorFault> {
  const faults = new Map<string, FactorFault>()
  const seen = new Set<string>()
  for (const { row, model, input, cachedInput } of factors) {
    const name = model.trim()
    if (name === '') faults.set(row, 'noModel')
    else if (seen.has(name)) faults.set(row, 'twice')
    else if (cachedInput !== '' && input !== '' && Number(cachedInput) > Number(input))
      faults.set(row, 'cachedAbove')
    seen.add(name)
  }
  return faults
}
