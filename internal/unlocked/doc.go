// Command unlocked is a browser with nothing locked: the same engine as the
// kiosk's, hosted the same way, with what any ordinary browser has: new
// windows, a menu, an address, downloads, dialogs, zoom, other programs for
// other schemes. Each escape that the kiosk must resist is tried on it first,
// to show that the attempt works and that its success would be noticed.
//
// It is for tests alone and is never installed. It obeys lines on its
// standard input: "open URL" shows a page, "tidy" closes every window but the
// first, "close" asks for the end. Only with the tag webkit is there anything in it.
package main
