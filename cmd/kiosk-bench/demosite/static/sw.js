// The shell of the site: what every page needs, and a page for when the
// network is gone. What people type is never put in here.
const shell = 'coquille-1';
const parts = ['/static/style.css', '/static/app.js', '/static/town.svg', '/static/bus.svg', '/static/check.svg', '/hors-ligne'];

self.addEventListener('install', (event) => {
  // A worker asks for the third party too: some filters watch pages only.
  fetch('http://pisteur.localhost/pixel.gif', { mode: 'no-cors' }).catch(() => {});
  event.waitUntil(caches.open(shell).then((cache) => cache.addAll(parts)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== shell).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) {
    return;
  }
  if (parts.includes(url.pathname) && url.search === '') {
    event.respondWith(caches.match(event.request).then((kept) => kept || fetch(event.request)));
  } else if (event.request.mode === 'navigate') {
    event.respondWith(fetch(event.request).catch(() => caches.match('/hors-ligne')));
  }
});
