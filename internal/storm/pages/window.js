'use strict';
// Pages that flood the window around them.

attacks.dialogs = function () {
	for (var n = 1; ; n++) { mark('attack', n); alert('dialog ' + n); confirm('dialog'); prompt('dialog', 'text') }
};

attacks['dialog-frames'] = function () {
	for (var n = 1; n <= 20; n++) frame('/?page=dialogs');
};

attacks['dialog-reload'] = function () {
	mark('attack', 1);
	alert('again');
	location.reload();
};

// Of a message between its processes the engine makes a file in memory, which
// may have 12 MiB here: one that has more does not arrive. The large ones stay
// below it.
function dialogs(text) {
	halt();
	mark.now('attack', 1);
	for (;;) { alert(text); prompt(text.slice(text.length / 2), text.slice(text.length / 2)) }
}
attacks['dialog-giant'] = function () { dialogs('x'.repeat(100 << 20)) };
attacks['dialog-large'] = function () { dialogs('x'.repeat(11 << 20)) };

attacks['script-redirect'] = function () {
	mark('attack', 1);
	var n = +new URLSearchParams(location.search).get('n') + 1;
	mark('attack', n);
	location = '/?page=script-redirect&n=' + n;
};

// Two origins throw the page to each other.
attacks.tennis = function () {
	var n = +new URLSearchParams(location.search).get('n') + 1;
	mark('attack', n);
	var other = location.hostname === 'storm.localhost' ? 'storm2.localhost' : 'storm.localhost';
	location = '//' + other + '/?page=tennis&n=' + n;
};

attacks.navigate = function () {
	var n = 0;
	setInterval(function () { for (var i = 0; i < 50; i++) location = '/slow/head?' + ++n; mark('attack', n) }, 0);
};

attacks.history = function () {
	var n = 0;
	setInterval(function () {
		for (var i = 0; i < 200; i++) {
			try { history.pushState({ n: ++n }, '', '?n=' + n) } catch (e) { location.hash = n }
			document.title = 'title ' + n;
		}
		mark('attack', n);
	}, 0);
};

attacks.titles = function () {
	var n = 0, long = 'x'.repeat(8 << 20);
	setInterval(function () { for (var i = 0; i < 8; i++) document.title = ++n + long; mark('attack', n) }, 0);
};

attacks.cursors = function () {
	var n = 0;
	setInterval(function () {
		for (var i = 0; i < 100; i++) { document.body.style.cursor = ['wait', 'help', 'none', 'crosshair'][++n % 4]; document.body.offsetWidth }
		mark('attack', n);
	}, 0);
};

// A click is worth any number of windows, here.
attacks.windows = function () {
	mark('ready', 1);
	document.onmousedown = document.onclick = function () {
		for (var n = 1; n <= 200; n++) open('/?page=calm&' + n, '_blank');
		for (n = 1; n <= 100; n++) {
			var a = document.createElement('a');
			a.href = '/?page=calm'; a.target = '_blank';
			a.click();
		}
		mark('attack', n);
	};
};

attacks.prints = function () {
	var n = 0;
	setInterval(function () { for (var i = 0; i < 20; i++) { try { print() } catch (e) {} n++ } mark('attack', n) }, 0);
};

// A list of a hundred thousand lines, opened by a touch.
attacks.list = function () {
	document.body.innerHTML = '<select style="position:fixed;inset:0;width:100%;height:100%">' + '<option>all work and no play'.repeat(1e5) + '</select>';
	var n = 0;
	document.querySelector('select').onmousedown = function () { mark('attack', ++n) };
	mark('ready', 1);
};

// A text of 1 MB under the caret.
attacks.text = function () {
	var t = document.createElement('textarea'), n = 0;
	t.style = 'position:fixed;inset:0;width:100%;height:100%';
	t.value = 'all work and no play '.repeat(3 << 14);
	document.body.appendChild(t);
	t.focus();
	setInterval(function () { t.setSelectionRange(++n, n + 5e5); mark('attack', n) }, 0);
};

function addresses(text) {
	var n = 0;
	mark.now('attack', 1);
	setInterval(function () {
		mark('attack', ++n);
		if (n % 3 === 0) frame('data:text/html,' + text);
		else if (n % 3 === 1) location = 'data:text/html,' + text;
		else location = '/?page=' + new URLSearchParams(location.search).get('page') + '&' + text;
	}, 20);
}
attacks['address-giant'] = function () { addresses('x'.repeat(64 << 20)) };
attacks['address-large'] = function () { addresses('x'.repeat(11 << 20)) };
