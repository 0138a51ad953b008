// Package demosite is the demonstration administration: the town hall of a
// made-up town, the login provider it trusts, a service that helpers log in to,
// and a third party that watches.
// Only kiosk-bench may import it, and runs it in a process of its own: it
// stands for somebody else's computer.
//
// It is an honest site, with what makes a session hard to wipe: a login over
// two origins, cookies, drafts in localStorage and IndexedDB, a service worker
// with a cache; and with what makes a browser hard to hold: pages that hang,
// eat memory, flood, loop or download. Every page asks for a script, an image
// and a connection of the third party, and no policy of the site forbids it:
// whatever stops them must be the kiosk.
//
// The site keeps what a person typed in memory only, for half an hour, and
// writes no log.
//
// Files: site.go opens the four servers, town.go, form.go and traps.go are the
// town hall, login.go the provider, mandates.go the helpers' service, tracker.go the third party, table.go keeps
// what must be forgotten, page.go, show.go and words.go make the pages.
package demosite
