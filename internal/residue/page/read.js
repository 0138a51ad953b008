'use strict'
// Asks everything what it remembers of somebody else.
const reads = {
  R02: async () => (await caches.keys()).length,
  R03: async () => navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).length : 0,
  R04: async () => localStorage.length,
  'R04.session': async () => sessionStorage.length,
  R05: async () => (await indexedDB.databases()).length,
  R06: async () => document.cookie.length + (await (await fetch('/echo', { cache: 'no-store' })).json()).cookie.length,
  R08: async () => (await (await fetch('/echo', { cache: 'no-store' })).json()).authorization.length,
  R09: async () => {
    const address = location.protocol + '//ticket.' + host + '/ticket'
    return (await (await fetch(address, { mode: 'cors' })).json()).resumed ? 1 : 0
  },
  R11: async () => history.length, // the page that warmed the engine counts too
  'R12.window': async () => window.name.length,
  'R12.popup': async () => window.opener === null ? 0 : 1,
  R17: async () => by('typed').value.length
}

by('typed').addEventListener('paste', e => { evidence.pasted = String(e.clipboardData.getData('text/plain').length) })
by('typed').addEventListener('keyup', e => {
  if (e.key !== 'Enter') return
  evidence.R16 = String(by('typed').value.length)
  report('pasted')
})
by('form').addEventListener('submit', e => e.preventDefault())

async function read () {
  for (const id of Object.keys(reads)) await step(id, reads[id])
  evidence.settings = settings()
  by('typed').focus()
  await report('read')
}
read()
