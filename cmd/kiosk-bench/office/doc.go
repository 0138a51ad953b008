// Package office is the administrator beside the bench: a site of one kiosk,
// its keys, and the sticks that come from it, good ones and others. They are
// made by the code of kioskctl site stick. Only kiosk-bench may import it.
//
// The keys are as much worth as the bench's badges: their passphrase is written
// here.
package office
