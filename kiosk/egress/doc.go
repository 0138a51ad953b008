// Package egress is the only way out of a session: a proxy on a listener
// inside each view's network namespace that lets through the origins of the
// procedure in hand and nothing else.
//
// One gate belongs to one view. A gate starts with nothing allowed, and
// whatever it does not understand it refuses:
//
//	request                            let through when
//	CONNECT HOST:443                   the policy allows HOST, every address it
//	                                   resolves to is public, and the server name
//	                                   in the TLS ClientHello is HOST; the bench alone
//	                                   may lead it elsewhere (Config.MappedTLS)
//	GET http://HOST/… (and ws://)      the policy allows HOST and Config.Mapped
//	                                   names it: the bench only
//	anything else                      never: 403 or 502 with an empty body, and closed
//
// The name is resolved here and the checked address itself is dialled, so that
// a second answer of the name server cannot lead elsewhere (DNS rebinding).
// The ClientHello is read by crypto/tls, which gives up on it before any
// answer is made: a parser that servers rely on, strict about doubled
// extensions and names, instead of one of our own. The bytes it read are
// forwarded as they came, and what follows is moved by the kernel (splice)
// without passing through this process.
//
// A refusal is counted. A host that no origin covers is told, so that the list
// can be mended; which of those may be kept, kiosk/usage decides. Neither a
// host nor a path is logged, and a path is never told.
//
// Package egress is an adapter: main wires it, the loop sees it through an
// interface of its own. Its third-party module is golang.org/x/net.
//
// Caveats. What travels inside TLS is not seen: a site of the procedure that
// also serves foreign names under its own certificate can be asked for them by
// a browser that was taken over. With Encrypted Client Hello the outer name is
// the one compared. A proxy of the organisation's (Config.Upstream) resolves
// names itself: that no site leads to an address inside is then its to see to.
// One that looks into connections is not supported: the browser knows none of
// its certificates.
package egress
