package main

// User style sheets laid over sites. They are of level "user", so !important
// wins over anything a page says, closed shadow trees included.
const (
	// maskStyle hides what stands in fields that a helper has no need to read:
	// passwords (also once a site shows them as text), cards, one-time codes,
	// social-security and bank numbers.
	maskStyle = `input[type="password"],
input[autocomplete*="password" i], input[autocomplete*="cc-" i], input[autocomplete*="one-time-code" i],
input[name*="passw" i], input[id*="passw" i], input[name*="mdp" i], input[id*="mdp" i],
input[name*="motdepasse" i], input[id*="motdepasse" i], input[name*="mot_de_passe" i], input[id*="mot_de_passe" i],
input[name*="nir" i], input[id*="nir" i], input[name*="secu" i], input[id*="secu" i],
input[name*="ssn" i], input[id*="ssn" i], input[name*="iban" i], input[id*="iban" i],
input[name*="cvv" i], input[id*="cvv" i], input[name*="cvc" i], input[id*="cvc" i],
input[name*="crypto" i], input[id*="crypto" i]
{ -webkit-text-security: disc !important }`

	// invertStyle is our strong contrast for sites: dark ground, pictures kept.
	// Only for the top frame: its filter covers the frames inside.
	invertStyle = `html { filter: invert(1) hue-rotate(180deg) contrast(1.15) !important; background: #fff !important }
img, video, picture > img, canvas, svg image, [style*="background-image"]
{ filter: invert(1) hue-rotate(180deg) !important }`
)
