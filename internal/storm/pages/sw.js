'use strict';
// A worker that comes back at once and never rests.
self.addEventListener('install', function () { self.skipWaiting() });
self.addEventListener('activate', function (e) { e.waitUntil(self.clients.claim()) });
self.addEventListener('message', function (e) {
	fetch('/mark?v=' + e.data + '&w=worker&n=1');
	e.waitUntil(new Promise(function () {}));
	for (var end = Date.now() + 60000; Date.now() < end;);
});
self.addEventListener('fetch', function (e) {
	e.respondWith(fetch(e.request).then(function (r) { self.registration.update(); return r }));
});
