// Package provisioning is what travels on a stick between an administrator's
// computer and a kiosk: the names and sizes of the files, what a kiosk says of
// itself when it is enrolled, the administrator's site and what each kiosk gets
// of it, and the plan of what would change.
//
// It is pure: values in, values out. The adapters below it (trust, stick, apply,
// identity) and the main programs may import it. It decides nothing about
// signatures: provisioning/trust does.
package provisioning
