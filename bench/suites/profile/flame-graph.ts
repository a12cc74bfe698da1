import type { Call } from './calls.ts'

const WIDTH = 1600
const ROW = 18
/** Narrower ones cannot be seen. */
const LEAST_WIDTH = 0.4
const LETTER_WIDTH = 6.6

/** A page with nothing outside of it: time from left to right, callers above what they call; a click widens one. */
export function flameGraph(root: Call, title: string): string {
  const boxes: string[] = []
  let rows = 0
  const draw = (call: Call, x: number, depth: number) => {
    const width = (call.totalMs / root.totalMs) * WIDTH
    if (width < LEAST_WIDTH) return
    rows = Math.max(rows, depth + 1)
    boxes.push(box(call, x, depth, width, call.totalMs / root.totalMs))
    let at = x
    for (const child of call.calls) {
      draw(child, at, depth + 1)
      at += (child.totalMs / root.totalMs) * WIDTH
    }
  }
  draw(root, 0, 0)
  return `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body{font:14px sans-serif;margin:12px}svg{width:100%}text{font:11px monospace;pointer-events:none}rect{stroke:#fff;stroke-width:.4}</style>
<h1>${escaped(title)}</h1><p>Width is time; a click widens a function, a click on the first row shows all.</p>
<svg viewBox="0 0 ${WIDTH} ${rows * ROW}" height="${rows * ROW}" preserveAspectRatio="none">${boxes.join('\n')}</svg>
<script>${ZOOM}</script>
`
}

function box({ name, totalMs, selfMs }: Call, x: number, depth: number, width: number, part: number): string {
  const label = name.slice(0, Math.max(0, Math.floor((width - 4) / LETTER_WIDTH)))
  const tip = `${name}\n${totalMs.toFixed(1)} ms (${(part * 100).toFixed(1)} %), itself ${selfMs.toFixed(1)} ms`
  const y = depth * ROW
  return (
    `<g data-x="${x.toFixed(2)}" data-w="${width.toFixed(2)}" data-name="${escaped(name)}"><title>${escaped(tip)}</title>` +
    `<rect x="${x.toFixed(2)}" y="${y}" width="${width.toFixed(2)}" height="${ROW - 1}" fill="${colourOf(name)}"/>` +
    `<text x="${(x + 2).toFixed(2)}" y="${y + 12}">${escaped(label)}</text></g>`
  )
}

/** Ours are warm, packages green, Node's own blue. */
function colourOf(name: string): string {
  const shade = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 30
  if (/ (services|packages|bench)\//.test(name)) return `hsl(${20 + shade} 85% 62%)`
  if (/ node:/.test(name)) return `hsl(${200 + shade} 55% 72%)`
  return name.includes('/') ? `hsl(${100 + shade} 45% 68%)` : `hsl(0 0% ${70 + shade / 2}%)`
}

const escaped = (text: string) =>
  text.replace(/[&<>"]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign)

/** Runs in the page. */
const ZOOM = `
const boxes = [...document.querySelectorAll('g')]
for (const chosen of boxes) chosen.onclick = () => {
  const from = Number(chosen.dataset.x), scale = ${WIDTH} / Number(chosen.dataset.w)
  for (const each of boxes) {
    const x = (Number(each.dataset.x) - from) * scale, width = Number(each.dataset.w) * scale
    const [rect, text] = [each.querySelector('rect'), each.querySelector('text')]
    const left = Math.max(0, x), right = Math.min(${WIDTH}, x + width)
    each.style.display = right - left > 0.1 ? '' : 'none'
    rect.setAttribute('x', left)
    rect.setAttribute('width', Math.max(0, right - left))
    text.setAttribute('x', left + 2)
    text.textContent = each.dataset.name.slice(0, Math.max(0, Math.floor((right - left - 4) / ${LETTER_WIDTH})))
  }
}
`
