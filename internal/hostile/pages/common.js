<!doctype html><html lang="fr"><meta charset="utf-8"><title>{{.Page}}</title>
<link rel="icon" href="data:,">
<style>
html, body { margin: 0; background: #fff; font: 18px sans-serif; height: 100% }
.b { position: absolute; left: 20px; width: 300px; height: 50px; box-sizing: border-box; display: block; overflow: hidden;
  background: #ddd; border: 1px solid #333; color: #000; font: 16px sans-serif; text-align: center; line-height: 46px }
#field { position: absolute; left: 350px; top: 10px; width: 200px; height: 40px; font-size: 18px }
</style>
<script>
// What every attack has: where things are, and a way to say what it saw.
const T = '{{.Token}}', A = '{{.Attack}}', L = '{{.Login}}', E = '{{.Evil}}', S = '{{.Secure}}', D = '{{.Dead}}'
const PORT = '{{.Port}}', APORT = '{{.AttackPort}}', LOCAL = '{{.Local}}'
const doc = Math.random().toString(36).slice(2), log = []
let sending = false, again = false
// The whole list goes each time, so that no order of arrival matters.
function flush() {
  if (sending) { again = true; return }
  sending = true; again = false
  const told = fetch(A + '/seen?t=' + T + '&d=' + doc, { method: 'POST', mode: 'no-cors', keepalive: true, body: JSON.stringify(log) })
    .then(() => true, () => soon(1000))
  // The engine may drop what is under way when the page is to be left, and not say so.
  Promise.race([told, soon(1000)]).then(ok => { sending = false; if (again || !ok) flush() })
}
function seen(what) { log.push(String(what).slice(0, 300)); flush() }
// For what stops the page at once, such as a dialog.
function seenNow(what) {
  log.push(String(what).slice(0, 300))
  const x = new XMLHttpRequest()
  try { x.open('POST', A + '/seen?t=' + T + '&d=' + doc, false); x.send(JSON.stringify(log)) } catch (e) {}
}
const soon = ms => new Promise(done => setTimeout(done, ms))
// Where an attack sends what must not arrive.
const out = (what, origin) => (origin || E) + '/reached/' + what + '?' + T
// Targets stand below each other, so that a test knows where to touch.
let targets = 0
function place(element, text) {
  element.className = 'b'; element.style.top = (10 + 56 * targets++) + 'px'
  if (text) element.textContent = text
  document.body.append(element)
  return element
}
function button(text, act) {
  const b = place(document.createElement('button'), text)
  b.onclick = async () => { try { await act() } catch (e) { seen('error:' + text + ':' + e) } seen('done:' + text) }
  return b
}
function link(text, href, attributes) {
  const a = place(document.createElement('a'), text)
  Object.assign(a, attributes); if (href !== null) a.setAttribute('href', href)
  a.addEventListener('click', () => seen('done:' + text))
  return a
}
function chord(e) {
  return (e.ctrlKey ? 'ctrl+' : '') + (e.altKey ? 'alt+' : '') + (e.shiftKey ? 'shift+' : '') + (e.metaKey ? 'meta+' : '') + e.key
}
addEventListener('keydown', e => seen('key:' + chord(e)), true)
for (const kind of ['contextmenu', 'auxclick', 'dragstart', 'drop', 'paste', 'copy', 'fullscreenchange', 'webkitfullscreenchange', 'beforeprint'])
  addEventListener(kind, () => seen(kind), true)
addEventListener('pointerdown', () => seen('down'), true)
addEventListener('pagehide', () => seen('left'))
addEventListener('pageshow', e => { if (e.persisted) seen('ready again') })
addEventListener('mousedown', e => { if (e.button) seen('button:' + e.button) }, true)
addEventListener('wheel', e => { if (e.ctrlKey) seen('wheel:ctrl') }, { capture: true, passive: true })
const width = innerWidth, height = innerHeight
addEventListener('resize', () => { if (innerWidth !== width || innerHeight !== height) seen('resized:' + innerWidth + 'x' + innerHeight) })
addEventListener('load', () => requestAnimationFrame(() => requestAnimationFrame(() => seen('ready:' + '{{.Page}}'))))
</script>
<body>
