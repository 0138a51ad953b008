'use strict';
// Pages that eat connections, streams and storage.

attacks.streams = function () {
	for (var i = 0; i < 4; i++) fetch('/stream/fetch?' + i).then(function (r) { return r.arrayBuffer() }).catch(function () {});
	mark('attack', 1);
};

attacks.downloads = function () {
	for (var i = 0; i < 20; i++) frame('/stream/attachment?' + i);
	var a = document.createElement('a');
	a.href = '/stream/attachment'; a.download = 'all.bin';
	setInterval(function () { a.click() }, 50);
	mark('attack', 1);
};

attacks.slow = function () {
	for (var i = 0; i < 400; i++) {
		fetch('//' + ['storm', 'storm2'][i % 2] + '.localhost/slow/' + ['head', 'body'][i >> 1 & 1] + '?' + i).catch(function () {});
		if (i % 20 === 0) frame('/slow/body?' + i);
	}
	mark('attack', 1);
};

attacks.sockets = function () {
	var n = 0, load = 'x'.repeat(1 << 16);
	for (var i = 0; i < 250; i++) {
		var s = new WebSocket('ws://' + location.host + '/socket?' + i);
		s.onmessage = function () { if (++n % 1000 === 0) mark('attack', n) };
		s.onopen = function () { for (var i = 0; i < 100; i++) this.send(load) };
	}
};

attacks.media = function () {
	for (var i = 0; i < 40; i++) {
		var m = document.createElement(i % 2 ? 'video' : 'audio');
		m.src = '/stream/wav?' + i;
		m.muted = i % 4 < 2; m.autoplay = m.loop = m.playsInline = true;
		m.play().then(function () { mark('playing', 1) }, function () { mark('refused', 1) });
		place.appendChild(m);
	}
	mark('attack', 1);
	try {
		for (i = 0; i < 50; i++) {
			var c = new AudioContext();
			for (var j = 0; j < 100; j++) { var o = c.createOscillator(); o.connect(c.destination); o.start() }
		}
	} catch (e) { mark('no-sound', 1) }
};

attacks.storage = function () {
	var mib = 'x'.repeat(1 << 20), kept = 0;
	try { for (var i = 0; i < 100; i++) localStorage['k' + i] = mib } catch (e) { mark('local', i) }
	try { for (i = 0; i < 100; i++) sessionStorage['k' + i] = mib } catch (e) { mark('session', i) }
	var open = indexedDB.open('storm', 1);
	open.onupgradeneeded = function () { open.result.createObjectStore('s') };
	open.onsuccess = function () {
		var n = 0;
		(function again() {
			var put = open.result.transaction('s', 'readwrite').objectStore('s').put(mib.repeat(8) + Math.random(), n);
			put.onsuccess = function () { mark('attack', ++n); again() };
			put.onerror = function (e) { e.preventDefault(); mark('indexed-full', n) };
		})();
	};
	if (!self.caches) { mark('no-caches', 1); return }
	caches.open('storm').then(function again(c) {
		return c.put('/file/' + ++kept, new Response(mib.repeat(8))).then(function () { mark('caches', kept); return again(c) });
	}).catch(function () { mark('caches-full', kept) });
};
