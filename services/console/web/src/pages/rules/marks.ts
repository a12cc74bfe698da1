export interface Place {
  /** Inclusive, in UTF-16 units. */
  start: number
  /** Exclusive. */
  end: number
}

export interface Piece {
  /** Where it begins. */
  at: number
  text: string
  marked: boolean
}

/** A text cut where its marks begin and end; places may overlap, in any order. */
export function piecesOf(text: string, places: readonly Place[]): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  const add = (end: number, marked: boolean) => {
    if (end > at) pieces.push({ at, text: text.slice(at, end), marked })
    at = Math.max(at, end)
  }
  for (const { start, end } of places.toSorted((a, b) => a.start - b.start)) {
    add(start, false)
    add(end, true)
  }
  add(text.length, false)
  return pieces
}
