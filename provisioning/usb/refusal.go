package usb

import "fmt"

// Code names why a device is refused. It is short and made of letters, to be
// read over the phone; it never changes its meaning.
type Code string

// The reasons.
const (
	NotUSB     Code = "G-USB-NONE"    // no USB device
	NotStorage Code = "G-USB-KIND"    // something else, or something else too
	Several    Code = "G-USB-SEVERAL" // more than one medium, or none
	Disc       Code = "G-USB-DISC"    // it plays a disc
	Hub        Code = "G-USB-HUB"     // it sits in a hub that came with it
	Another    Code = "G-USB-ANOTHER" // something else was plugged in too
	Old        Code = "G-USB-OLD"     // it was plugged in before it was asked for
	NoMedium   Code = "G-USB-EMPTY"   // a card reader without a card
	Size       Code = "G-USB-SIZE"    // no size, or blocks, of sticks
	Odd        Code = "G-USB-ODD"     // it says what no stick says
	Gone       Code = "G-USB-GONE"    // it was pulled
)

// Codes lists all reasons.
func Codes() []Code {
	return []Code{NotUSB, NotStorage, Several, Disc, Hub, Another, Old, NoMedium, Size, Odd, Gone}
}

// Refusal is why a device is not used. Nothing of it was read.
type Refusal struct {
	Code Code
	Err  error // what was found, for the log
}

func (r *Refusal) Error() string { return fmt.Sprintf("refuse device: %s: %v", r.Code, r.Err) }

// Unwrap returns what was found.
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(c Code, format string, args ...any) *Refusal {
	return &Refusal{Code: c, Err: fmt.Errorf(format, args...)}
}

// In says for a technician what is wrong and what to do, in the language "fr"
// or "en".
func (r *Refusal) In(language string) string { return r.Code.In(language) }

// In says what the code means.
func (c Code) In(language string) string {
	w, ok := sentences()[c]
	if !ok {
		w = sentences()[Odd]
	}
	if language == "en" {
		return w.en
	}
	return w.fr
}

// words are said in both languages.
type words struct{ fr, en string }

func sentences() map[Code]words {
	return map[Code]words{
		NotUSB: {"Ce n’est pas une clé USB. Branchez une clé USB.",
			"This is not a USB stick. Plug in a USB stick."},
		NotStorage: {"Cet appareil n’est pas seulement une clé USB. La borne ne l’utilise pas. Débranchez-le et prenez une clé simple.",
			"This device is not only a USB stick. The kiosk does not use it. Unplug it and take a plain stick."},
		Several: {"Cette clé montre plusieurs lecteurs à la fois. Prenez une clé simple.",
			"This stick shows several drives at once. Take a plain stick."},
		Disc: {"Cette clé imite un disque CD ou DVD. Prenez une clé simple.",
			"This stick imitates a CD or DVD. Take a plain stick."},
		Hub: {"La clé passe par un boîtier à plusieurs prises. Branchez la clé directement sur la borne.",
			"The stick goes through a box with several sockets. Plug the stick into the kiosk itself."},
		Another: {"Un autre appareil a été branché avec la clé. Débranchez tout, puis branchez seulement la clé.",
			"Another device was plugged in with the stick. Unplug everything, then plug in only the stick."},
		Old: {"La clé était déjà branchée. Débranchez-la, attendez cinq secondes, puis branchez-la de nouveau.",
			"The stick was plugged in already. Unplug it, wait for five seconds, then plug it in again."},
		NoMedium: {"Il n’y a pas de carte dans ce lecteur. Mettez la carte, ou prenez une clé USB.",
			"There is no card in this reader. Put the card in, or take a USB stick."},
		Size: {"La borne ne lit pas cette clé : elle est trop grande, ou d’un modèle rare. Prenez une clé de 2 à 32 Go.",
			"The kiosk does not read this stick: it is too large, or of a rare kind. Take a stick of 2 to 32 GB."},
		Odd: {"Cette clé se présente d’une façon inhabituelle. Ne l’utilisez pas. Prenez une clé simple.",
			"This stick presents itself in an unusual way. Do not use it. Take a plain stick."},
		Gone: {"La clé a été débranchée. Branchez-la de nouveau et laissez-la en place.",
			"The stick was unplugged. Plug it in again and leave it in place."},
	}
}
