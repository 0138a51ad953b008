'use strict'
// Puts every canary where a person's session would put something.
const kept = window.kept = []

function show (id, wide) {
  const p = document.createElement('p')
  p.textContent = wide ? both(id) : canary[id].text
  by('text').append(p)
}

// The canary's bytes as colours, in several rows.
function paint (id) {
  const picture = by('pixels').getContext('2d')
  const image = picture.createImageData(256, 64)
  const bytes = canary[id].plain
  for (let i = 0; i < 256 * 64; i++) {
    const at = (i % (bytes.length / 3)) * 3
    image.data.set([bytes.charCodeAt(at + 2), bytes.charCodeAt(at + 1), bytes.charCodeAt(at), 255], 4 * i)
  }
  picture.putImageData(image, 0, 0)
  return true
}

const plants = {
  R01: async () => {
    kept.push(await (await fetch('/cached')).arrayBuffer())
    return (await (await fetch('/cached', { cache: 'force-cache' })).arrayBuffer()).byteLength > 0
  },
  R02: async () => {
    const cache = await caches.open(canary.R02.plain)
    await cache.put('/stored', new Response(binary('R02')))
    return (await cache.match('/stored')) !== undefined
  },
  R03: async () => {
    if (!navigator.serviceWorker) return 'off'
    await navigator.serviceWorker.register('/worker.js')
    await navigator.serviceWorker.ready
    return (await navigator.serviceWorker.getRegistrations()).length === 1
  },
  R04: async () => {
    localStorage.setItem('text', canary.R04.text)
    localStorage.setItem('wide', canary.R04.wide)
    return localStorage.getItem('text') === canary.R04.text
  },
  'R04.session': async () => {
    sessionStorage.setItem('text', canary['R04.session'].text)
    sessionStorage.setItem('wide', canary['R04.session'].wide)
    return sessionStorage.getItem('wide') === canary['R04.session'].wide
  },
  R05: async () => {
    const open = indexedDB.open(canary['R05.name'].plain, 1)
    open.onupgradeneeded = () => open.result.createObjectStore('store')
    const db = await request(open)
    const store = db.transaction('store', 'readwrite').objectStore('store')
    store.put({ text: canary.R05.text, wide: canary.R05.wide }, 'text')
    await request(store.put(binary('R05'), 'binary'))
    evidence['R05.name'] = (await indexedDB.databases()).some(d => d.name === canary['R05.name'].plain)
    return (await request(db.transaction('store').objectStore('store').get('binary'))).length > 0
  },
  R06: async () => {
    document.cookie = 'script=' + canary.R06.text + '; path=/; max-age=86400'
    await fetch('/cookie', { cache: 'no-store' }) // sets another, for the server alone
    const echo = await (await fetch('/echo', { cache: 'no-store' })).json()
    evidence['R06.http'] = echo.cookie.includes(canary['R06.http'].plain)
    return echo.cookie.includes(canary.R06.plain)
  },
  R07: async () => {
    await fetch(location.protocol + '//' + canary.R07.plain + '.' + host + '/strict', { mode: 'no-cors' })
    return true
  },
  R08: () => new Promise(resolve => {
    const x = new XMLHttpRequest()
    x.open('GET', '/secret', true, 'user', canary.R08.text)
    x.onloadend = () => resolve(x.status === 200)
    x.send()
  }),
  R09: async () => {
    const address = location.protocol + '//ticket.' + host + '/ticket'
    await fetch(address, { mode: 'cors' })
    return (await (await fetch(address, { mode: 'cors' })).json()).resumed
  },
  R10: async () => {
    await fetch(location.protocol + '//' + canary.R10.plain + '.' + host + '/empty', { mode: 'no-cors' })
    return true
  },
  R11: async () => {
    history.pushState({ text: canary.R11.text, wide: canary.R11.wide }, '', '/page/' + canary.R11.text + '?q=' + canary.R11.text)
    history.pushState({ text: canary.R11.text }, '', '/next')
    return history.length > 1
  },
  R12: async () => { show('R12', true); return true },
  'R12.heap': async () => { kept.push(binary('R12.heap')); return true },
  'R12.worker': () => new Promise(resolve => {
    const w = new Worker('/dedicated.js')
    kept.push(w)
    w.onmessage = e => resolve(e.data.length > 0)
  }),
  'R12.fetch': async () => (await fetch('/sent', { method: 'POST', body: canary['R12.fetch'].text })).ok,
  'R12.websocket': () => new Promise(resolve => {
    const s = new WebSocket(location.protocol.replace('http', 'ws') + '//' + host + '/socket')
    kept.push(s)
    s.onopen = () => s.send(canary['R12.websocket'].text)
    s.onmessage = e => { kept.push(e.data); resolve(e.data === canary['R12.websocket'].text) }
    s.onerror = () => resolve(false)
  }),
  'R12.window': async () => { window.name = both('R12.window'); return true },
  'R12.broadcast': () => new Promise(resolve => {
    const from = new BroadcastChannel('channel'); const to = new BroadcastChannel('channel')
    kept.push(from, to)
    to.onmessage = e => { kept.push(e.data); resolve(true) }
    from.postMessage(both('R12.broadcast'))
  }),
  R13: async () => paint('R13'),
  R16: async () => { by('copied').value = both('R16'); return true },
  R18: async () => {
    const form = new FormData()
    const file = new File([canary.R18.text], canary.R18.plain + '.txt')
    kept.push(file)
    form.append('file', file)
    return (await fetch('/sent', { method: 'POST', body: form })).ok
  },
  'R19.pdf': async () => {
    const frame = document.createElement('iframe')
    frame.src = '/document.pdf'
    frame.width = 200; frame.height = 60
    by('text').append(frame)
    kept.push(await (await fetch('/document.pdf')).arrayBuffer())
    return true
  },
  R24: async () => { document.title = canary.R24.text; return true },
  'R24.console': async () => {
    for (const level of ['log', 'info', 'warn', 'error', 'debug']) console[level](canary['R24.console'].text)
    kept.push(canary['R24.console'].text)
    return true
  },
  'R24.error': async () => {
    setTimeout(() => { throw new Error(canary['R24.error'].text) })
    Promise.reject(new Error(canary['R24.error'].text))
    return true
  },
  R25: async () => { kept.push(binary('R25')); return true },
  R30: async () => { by('pixels').setAttribute('role', 'img'); by('pixels').setAttribute('aria-label', canary.R30.text); return true },
  R33: async () => {
    try {
      await fetch('https://' + canary.R33.plain + '.pisteur.localhost/')
      return false
    } catch (e) { return true } // refused
  },
  R35: async () => { show('R35', false); return true }
}

// What needs a gesture: each Enter in the field does the next of these.
const gestures = [
  ['download', () => {
    const a = document.createElement('a')
    a.href = URL.createObjectURL(new Blob([canary.R19.text]))
    a.download = canary.R19.plain + '.txt'
    a.click()
    const frame = document.createElement('iframe')
    frame.src = '/attachment'
    by('text').append(frame)
    kept.push(canary.R19.text)
  }],
  ['print', () => { document.title = canary.R20.text; window.print() }],
  ['files', () => {
    const files = document.createElement('input')
    files.type = 'file'
    files.click()
  }],
  ['dialog', () => { const c = canary['R12.dialog']; kept.push(prompt(c.plain + ' ' + c.wide, c.plain)) }],
  ['popup', () => { kept.push(window.open('/popup?' + canary['R12.popup'].text, canary['R12.popup'].plain)) }]
]
by('form').addEventListener('submit', e => {
  e.preventDefault()
  const next = gestures.shift()
  if (!next) return
  evidence[next[0]] = 'tried'
  try { next[1]() } catch (e) { evidence[next[0]] = 'error: ' + e.name }
  report(next[0])
})
by('copied').addEventListener('copy', () => { evidence.R16 = 'copied'; report('copied') })
by('typed').addEventListener('input', () => {
  if (by('typed').value.length >= 24) { evidence.R17 = 'typed'; report('typed') }
})

addEventListener('resize', () => { evidence.changed = settings(); report('changed') })

// hang waits until it is told to, then never ends.
async function hang () {
  await fetch('/hang', { cache: 'no-store' })
  for (;;) kept.length
}

async function plant () {
  evidence.settings = settings()
  evidence.history = history.length
  for (const id of Object.keys(plants)) await step(id, plants[id])
  by('typed').focus()
  await report('planted')
  hang()
}
plant()
