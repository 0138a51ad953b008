package fat

import "fmt"

// Code names why a stick is refused. It is short and made of letters, to be
// read over the phone; it never changes its meaning.
type Code string

// What a stick may be refused for. Where it is another format, the technician
// reformats it.
const (
	ExFAT      Code = "G-STICK-EXFAT"
	NTFS       Code = "G-STICK-NTFS"
	BitLocker  Code = "G-STICK-BITLOCKER"
	HFSPlus    Code = "G-STICK-HFS"
	APFS       Code = "G-STICK-APFS"
	Ext        Code = "G-STICK-EXT"
	LUKS       Code = "G-STICK-LUKS"
	OtherLinux Code = "G-STICK-LINUX"
	ISO        Code = "G-STICK-ISO"
	Empty      Code = "G-STICK-EMPTY"
	Unknown    Code = "G-STICK-UNKNOWN"

	Damaged  Code = "G-STICK-DAMAGED"   // the structures contradict themselves
	NoFolder Code = "G-STICK-NO-FOLDER" // there is no folder guichet
	BadName  Code = "G-STICK-BAD-NAME"  // of a file below guichet
	TooMany  Code = "G-STICK-TOO-MANY"  // files or folders
	TooLarge Code = "G-STICK-TOO-LARGE"
	TooDeep  Code = "G-STICK-TOO-DEEP" // folders in folders
	Unread   Code = "G-STICK-UNREAD"   // the device answered a read with an error: it may have been pulled

	Unwritten  Code = "G-STICK-UNWRITTEN"   // the device answered a write with an error
	Locked     Code = "G-STICK-LOCKED"      // a switch on the stick forbids writing
	Full       Code = "G-STICK-FULL"        // no room for the file
	FolderFull Code = "G-STICK-FOLDER-FULL" // FAT12 and FAT16: no more names in the first folder
	ReadOnly   Code = "G-STICK-READ-ONLY"   // formatted in a way that is read but not written

	TooSlow   Code = "G-STICK-TOO-SLOW"  // not read in the time there is
	Exhausted Code = "G-STICK-EXHAUSTED" // the reader wanted more than its memory, or fell
)

// Refusal is why a stick was not taken.
type Refusal struct {
	Code Code
	Err  error // what was found, for the log; may be nil. Never a name from the stick.
}

func (r *Refusal) Error() string {
	if r.Err == nil {
		return fmt.Sprintf("refuse stick: %s", r.Code)
	}
	return fmt.Sprintf("refuse stick: %s: %v", r.Code, r.Err)
}

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
		w = sentences()[Exhausted]
	}
	if language == "en" {
		return w.en
	}
	return w.fr
}

// Known says whether the code is one of this package's.
func (c Code) Known() bool { _, ok := sentences()[c]; return ok }

// Codes lists every code, for tests and documentation; in no order.
func Codes() []Code {
	var all []Code
	for c := range sentences() {
		all = append(all, c)
	}
	return all
}

type words struct{ fr, en string }

const (
	formatFR = " Sur un ordinateur, formatez-la en FAT32, puis copiez-y le dossier « guichet ». Le formatage efface tout ce qu’elle contient."
	formatEN = " On a computer, format it as FAT32, then copy the folder “guichet” to it. Formatting erases everything on it."
)

func sentences() map[Code]words {
	return map[Code]words{
		ExFAT:      {"Cette clé est au format exFAT." + formatFR + " Sous Windows, prenez une clé de 32 Go au plus.", "This stick is formatted as exFAT." + formatEN + " On Windows, take a stick of 32 GB at most."},
		NTFS:       {"Cette clé est au format NTFS, celui de Windows." + formatFR, "This stick is formatted as NTFS, the format of Windows." + formatEN},
		BitLocker:  {"Cette clé est chiffrée par BitLocker." + formatFR, "This stick is encrypted by BitLocker." + formatEN},
		HFSPlus:    {"Cette clé est au format HFS+, celui des Mac." + formatFR + " Sur un Mac, choisissez « MS-DOS (FAT) ».", "This stick is formatted as HFS+, the format of Macs." + formatEN + " On a Mac, choose “MS-DOS (FAT)”."},
		APFS:       {"Cette clé est au format APFS, celui des Mac." + formatFR + " Sur un Mac, choisissez « MS-DOS (FAT) ».", "This stick is formatted as APFS, the format of Macs." + formatEN + " On a Mac, choose “MS-DOS (FAT)”."},
		Ext:        {"Cette clé est au format ext, celui de Linux." + formatFR, "This stick is formatted as ext, the format of Linux." + formatEN},
		LUKS:       {"Cette clé est chiffrée par LUKS." + formatFR, "This stick is encrypted by LUKS." + formatEN},
		OtherLinux: {"Cette clé est dans un format de Linux." + formatFR, "This stick is in a format of Linux." + formatEN},
		ISO:        {"Cette clé contient l’image d’un disque (ISO)." + formatFR, "This stick holds the image of a disc (ISO)." + formatEN},
		Empty:      {"Cette clé est vide : elle n’est pas formatée." + formatFR, "This stick is empty: it is not formatted." + formatEN},
		Unknown:    {"La borne ne connaît pas le format de cette clé." + formatFR, "The kiosk does not know the format of this stick." + formatEN},

		Damaged:  {"Cette clé est abîmée : ce qu’elle contient n’est pas cohérent. Préparez-la de nouveau ou prenez une autre clé.", "This stick is damaged: what it holds is not consistent. Prepare it again or take another stick."},
		NoFolder: {"Cette clé ne contient pas de dossier « guichet ». Préparez-la avec kioskctl.", "There is no folder “guichet” on this stick. Prepare it with kioskctl."},
		BadName:  {"Dans le dossier « guichet », un nom de fichier n’est pas permis. Préparez la clé de nouveau avec kioskctl.", "In the folder “guichet” the name of a file is not allowed. Prepare the stick again with kioskctl."},
		TooMany:  {"Le dossier « guichet » contient trop de fichiers. Retirez ceux qui ne viennent pas de kioskctl.", "There are too many files in the folder “guichet”. Remove those that do not come from kioskctl."},
		TooLarge: {"Le dossier « guichet » est trop volumineux. Retirez les fichiers qui ne viennent pas de kioskctl.", "The folder “guichet” is too large. Remove the files that do not come from kioskctl."},
		TooDeep:  {"Dans le dossier « guichet », trop de dossiers sont les uns dans les autres. Préparez la clé de nouveau avec kioskctl.", "In the folder “guichet” too many folders are inside one another. Prepare the stick again with kioskctl."},
		Unread:   {"La clé ne répond plus. Laissez-la branchée, ou prenez une autre clé.", "The stick no longer answers. Leave it plugged in, or take another stick."},

		Unwritten:  {"La borne n’a pas pu écrire sur la clé. Laissez-la branchée, ou prenez une autre clé.", "The kiosk could not write to the stick. Leave it plugged in, or take another stick."},
		Locked:     {"La clé est protégée : la borne ne peut pas y écrire. Poussez le petit bouton de la clé, ou prenez une autre clé.", "The stick is protected: the kiosk cannot write to it. Push the small switch on the stick, or take another stick."},
		Full:       {"Il n’y a plus de place sur la clé. Libérez de la place, ou prenez une autre clé.", "There is no room left on the stick. Make room, or take another stick."},
		FolderFull: {"Il y a trop de fichiers à la racine de la clé. Rangez-les dans un dossier, ou prenez une autre clé.", "There are too many files in the first folder of the stick. Move them into a folder, or take another stick."},
		ReadOnly:   {"La borne peut lire cette clé, mais pas y écrire." + formatFR, "The kiosk can read this stick but not write to it." + formatEN},

		TooSlow:   {"La lecture de la clé a pris trop de temps. Prenez une clé plus rapide.", "Reading the stick took too long. Take a faster stick."},
		Exhausted: {"La borne n’a pas pu lire cette clé sans risque. Prenez une autre clé.", "The kiosk could not read this stick safely. Take another stick."},
	}
}
