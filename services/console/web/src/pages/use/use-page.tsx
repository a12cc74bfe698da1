export function UsePage() {
  return null
}
