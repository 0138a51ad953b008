'use strict'
// What plant.js and read.js have in common.
const canary = JSON.parse(document.getElementById('canaries').textContent)
const evidence = {}
const by = id => document.getElementById(id)
const binary = id => Uint8Array.from(atob(canary[id].binary), ch => ch.charCodeAt(0))
const both = id => canary[id].text + ' ' + canary[id].wide
const host = location.hostname

// Each step has as long as a slow machine needs; what hangs must not stop the rest.
async function step (id, f) {
  const late = new Promise((resolve, reject) => setTimeout(reject, 15000, new Error('late')))
  try {
    evidence[id] = String(await Promise.race([f(), late]))
  } catch (e) {
    evidence[id] = 'error: ' + e.name + ' ' + (e.message === 'late' ? 'late' : '')
  }
}

async function report (name) {
  await fetch('/report?step=' + name, { method: 'POST', body: JSON.stringify(evidence), cache: 'no-store' })
}

function request (r) {
  return new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result)
    r.onerror = () => reject(r.error)
  })
}

// What a person can change for the page with the kiosk's own buttons.
function settings () {
  const style = getComputedStyle(document.body)
  return JSON.stringify({
    ratio: devicePixelRatio,
    width: innerWidth,
    height: innerHeight,
    languages: navigator.languages,
    contrast: matchMedia('(prefers-contrast: more)').matches,
    font: style.fontSize,
    colour: style.color,
    back: style.backgroundColor
  })
}
