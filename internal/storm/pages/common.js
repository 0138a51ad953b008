'use strict';
// What every page has: marks, a heartbeat, and the attack of its name.

var attacks = { calm: function () {} };

// mark tells the site that we came to n; mark.now returns when it knows.
function mark(what, n) {
	fetch('/mark?v=' + visit + '&w=' + what + '&n=' + n).catch(function () {});
}
mark.now = function (what, n) {
	var x = new XMLHttpRequest();
	x.open('GET', '/mark?v=' + visit + '&w=' + what + '&n=' + n, false);
	try { x.send() } catch (e) {}
};

// halt tells the site how often the heart has beaten, and one more so that none
// is a number too. It must not beat again: what comes later was on its way.
var beats = 0;
function halt() { mark.now('halted', beats + 1) }

var place = document.getElementById('place');

function begin() {
	mark('began', 1);
	setInterval(function () { mark('beat', ++beats) }, 50);
	// The heart beats first: that it stops is what a test looks for.
	if (attacks[page]) setTimeout(attacks[page], 125);
}

function soon(f) { setTimeout(f, 0) }

// frame puts a document of this site into the page.
function frame(src) {
	var f = document.createElement('iframe');
	f.width = f.height = 40;
	f.src = src;
	place.appendChild(f);
	return f;
}
