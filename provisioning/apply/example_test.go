package apply_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing/fstest"

	"guichet.example/provisioning/apply"
)

func Example() {
	data, err := os.MkdirTemp("", "data")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(data)

	site, err := apply.Open(filepath.Join(data, "site"))
	if err != nil {
		panic(err)
	}
	defer site.Close()

	content := []byte("format = 1\n")
	err = site.Stage(context.Background(), apply.Candidate{
		Version:  "12",
		Files:    fstest.MapFS{"site.toml": {Data: content}},
		List:     []apply.File{{Name: "site.toml", Size: int64(len(content)), SHA256: sha256.Sum256(content)}},
		Metadata: map[string][]byte{"timestamp.json": []byte("{}")},
	}, nil)
	fmt.Println(err, site.Try(), site.State().Trial)

	works := false // what the self-test said
	if works {
		err = site.Confirm()
	} else {
		err = site.TakeBack()
	}
	_, none := site.Current()
	fmt.Println(err, site.State().TakenBack, errors.Is(none, fs.ErrNotExist))
	// Output:
	// <nil> <nil> true
	// <nil> 12 true
}
