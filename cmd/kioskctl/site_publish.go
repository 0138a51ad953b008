package main

import (
	"context"
	"time"

	"guichet.example/cmd/kioskctl/sitefolder"
)

type sitePublish struct {
	siteDirArg
	keysDirArg
	Out string `arg:"" type:"path" help:"Folder that the server hands out, or that is copied there. Kiosks may read it meanwhile."`
	secretFlag
	langFlag
}

// Run makes the folder.
func (c *sitePublish) Run(ctx context.Context, out output, s surroundings) error {
	now := s.now()
	f, content, keys, err := openAll(ctx, s, c.siteDirArg, c.keysDirArg, c.secretFlag)
	if err != nil {
		return err
	}
	defer keys.Clear()
	made, err := f.Publish(ctx, c.Out, keys, content, now)
	if err != nil {
		return outHint(err, "give a folder in a place that exists and that you may write to",
			"take the newest copy; if there is none, put the files of metadata in this folder into published/metadata of the site")
	}
	_, err = out.Write(publishText(f, made, content, now, c.Out, c.Lang))
	return err
}

// publishText says what a server's folder will do, and to whom.
func publishText(f *sitefolder.Folder, m *sitefolder.Made, c *sitefolder.Content, now time.Time, out, lang string) []byte {
	p := &page{lang: lang}
	p.line(text{"Le n° %d de « %s » est prêt pour le serveur : %s", "Number %d of “%s” is ready for the server: %s"}, m.Version, f.Site.Name, out)
	p.line(text{"Il compte jusqu’au %s : publiez de nouveau avant. Site %s. %d fichiers, %s.", "It counts until %s: publish again before. Site %s. %d files, %s."},
		p.date(m.Expires), f.ID(), m.Files, size(m.Bytes, lang))
	fleet := f.Site.Machine.Fleet
	if fleet == nil {
		p.line(text{"Attention : site.toml n’a pas de [fleet] ; les bornes qui prennent ceci ne regardent plus sur un serveur.",
			"Beware: site.toml has no [fleet]; kiosks that take this look on no server any more."})
	} else {
		p.line(text{"Les bornes le cherchent ici : %s", "Kiosks look for it here: %s"}, fleet.URL)
	}
	if percent := f.Site.Rollout; percent != nil && *percent < 100 {
		p.line(text{"%d bornes sur cent le prennent, toujours les mêmes d’abord. Augmentez percent et publiez de nouveau pour les autres.",
			"%d kiosks of a hundred take it, the same ones first each time. Raise percent and publish again for the others."}, *percent)
	}
	p.made(f, m, c, now)
	return p.Bytes()
}
