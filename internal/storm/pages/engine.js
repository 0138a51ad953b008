'use strict';
// Pages that eat processor and memory.

attacks.loop = function () {
	halt();
	mark.now('attack', 1);
	for (;;);
};

// Every turn of the event loop is held up for as long as nobody notices.
attacks.stutter = function () {
	var n = 0;
	(function again() {
		for (var end = Date.now() + 400; Date.now() < end;);
		mark('attack', ++n);
		soon(again);
	})();
};

// A request that never ends, waited for.
attacks['sync-request'] = function () {
	halt();
	mark.now('attack', 1);
	var x = new XMLHttpRequest();
	x.open('GET', '/slow/head', false);
	try { x.send() } catch (e) {}
};

attacks.memory = function () {
	halt();
	var kept = [];
	for (var mib = 0; mib < 2048; mib += 32) {
		var b = new Uint8Array(32 << 20);
		for (var i = 0; i < b.length; i += 4096) b[i] = i % 251 + 1;
		kept.push(b);
		mark.now('attack', mib + 32);
	}
};

attacks.nodes = function () {
	var many = '<i>x</i>'.repeat(20000), n = 0;
	(function again() {
		var d = document.createElement('div');
		d.innerHTML = many;
		place.appendChild(d);
		mark('attack', n += 40000);
		if (n < 5e6) soon(again);
	})();
};

attacks.layout = function () {
	var deep = '', turn = 0;
	for (var i = 0; i < 400; i++) deep += '<div style="display:' + ['flex', 'grid', 'inline-table'][i % 3] + ';padding:1px">x';
	for (i = 0; i < 40; i++) place.insertAdjacentHTML('beforeend', '<div style="filter:blur(60px);position:relative">' + deep + '</div>');
	(function again() {
		place.style.width = 300 + ++turn % 500 + 'px';
		place.style.fontSize = 10 + turn % 30 + 'px';
		mark('attack', place.offsetHeight && turn);
		requestAnimationFrame(again);
	})();
};

attacks.paint = function () {
	var turn = 0;
	document.body.insertAdjacentHTML('beforeend', '<div id="all" style="position:fixed;inset:0"></div>');
	var all = document.getElementById('all');
	(function again() {
		all.style.background = 'repeating-conic-gradient(hsl(' + ++turn + ' 90% 50%) 0 1deg, black 0 3deg)';
		mark('attack', turn);
		requestAnimationFrame(again);
	})();
};

attacks.canvas = function () {
	var turn = 0, pens = [];
	for (var i = 0; i < 6; i++) {
		var c = document.createElement('canvas');
		c.width = 2000; c.height = 2000;
		c.style = 'position:fixed;inset:0;opacity:.5';
		document.body.appendChild(c);
		pens.push(c.getContext('2d'));
	}
	(function again() {
		pens.forEach(function (p) {
			p.shadowBlur = 80; p.shadowColor = p.fillStyle = 'hsl(' + ++turn + ' 90% 50%)';
			for (var i = 0; i < 20; i++) p.fillRect(Math.random() * 1500, Math.random() * 1500, 300, 300);
			p.drawImage(p.canvas, 1, 1);
		});
		mark('attack', turn);
		requestAnimationFrame(again);
	})();
};

// What is switched off: none of it may be there.
attacks.absent = function () {
	var c = document.createElement('canvas'), there = [];
	['webgl', 'webgl2', 'experimental-webgl', 'webgpu'].forEach(function (k) { if (c.getContext(k)) there.push(k) });
	['serviceWorker', 'gpu', 'geolocation', 'mediaDevices', 'wakeLock'].forEach(function (k) { if (navigator[k]) there.push(k) });
	['SharedWorker', 'Notification', 'PushManager'].forEach(function (k) { if (self[k]) there.push(k) });
	there.forEach(function (k) { mark('there-' + k, 1) });
	mark('attack', 1);
};

attacks.workers = function () {
	var code = URL.createObjectURL(new Blob(['postMessage(1); for (;;);'])), n = 0, kept = [];
	(function again() {
		for (var i = 0; i < 20; i++) {
			var w = new Worker(code);
			w.onmessage = function () { mark('attack', ++n) };
			kept.push(w);
		}
		if (kept.length < 1000) soon(again);
	})();
};

// Where there are service workers, one that never rests.
attacks['service-worker'] = function () {
	if (!navigator.serviceWorker) { mark('attack', 1); return }
	navigator.serviceWorker.register('/file/sw.js', { scope: '/' }).then(function (r) {
		mark('attack', 1);
		setInterval(function () { r.update(); if (r.active) r.active.postMessage(visit) }, 5);
	}, function () { mark('attack', 1) });
};

attacks.frames = function () {
	for (var n = 1; n <= 1000; n++) frame('/?page=child&n=' + n);
	mark('attack', n);
};
attacks.child = function () { mark('children', +new URLSearchParams(location.search).get('n')) };

attacks.messages = function () {
	var n = 0, load = new Array(1000).fill('all work and no play');
	onmessage = function () { postMessage(load, '*'); postMessage(load, '*'); if (++n % 1000 === 0) mark('attack', n) };
	postMessage(load, '*');
};

attacks.pictures = function () {
	for (var n = 1; n <= 30; n++) {
		var i = new Image(500, 400);
		i.src = '/bomb/png?' + n;
		i.onload = function () { mark('decoded', 1) };
		place.appendChild(i);
	}
	mark('attack', n);
};

attacks.fonts = function () {
	var css = '', text = '';
	for (var n = 1; n <= 600; n++) {
		css += '@font-face{font-family:f' + n + ';src:url(/font?' + n + ')}';
		text += '<span style="font-family:f' + n + '">Kiosk ' + n + ' </span>';
	}
	place.innerHTML = '<style>' + css + '</style>' + text;
	mark('attack', n);
	document.fonts.ready.then(function () { mark('fonts', document.fonts.size) });
};
