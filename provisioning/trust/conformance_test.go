package trust_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"guichet.example/provisioning/trust"
)

// The cases of github.com/theupdateframework/tuf-conformance (eec841c) that
// apply to a client of sticks, under their names there. docs/tuf.md says of the
// others why they do not.
func TestConformance(t *testing.T) {
	cases := conformance()
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMaker(t)
			run(m, newKiosk(t))
		})
	}
	page, err := os.ReadFile("../../docs/tuf.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (test_\w+) \| (yes|stricter|no) \|`).FindAllStringSubmatch(string(page), -1) {
		listed[row[1]] = row[2] != "no"
		if (cases[row[1]] != nil) != (row[2] != "no") {
			t.Errorf("docs/tuf.md says %q of %s", row[2], row[1])
		}
	}
	for name := range cases {
		if !listed[name] {
			t.Errorf("docs/tuf.md does not list %s", name)
		}
	}
}

// edit changes a file that is signed already.
func edit(t testing.TB, s fstest.MapFS, name string, change func(doc)) {
	t.Helper()
	var d doc
	if err := json.Unmarshal(s["metadata/"+name].Data, &d); err != nil {
		t.Fatal(err)
	}
	change(d)
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	s["metadata/"+name] = &fstest.MapFile{Data: data}
}

func conformance() map[string]func(*maker, *kiosk) {
	all := basicCases()
	for _, more := range []map[string]func(*maker, *kiosk){expirationCases(), keyCases(), rollbackCases()} {
		for name, run := range more {
			all[name] = run
		}
	}
	return all
}

func basicCases() map[string]func(*maker, *kiosk) {
	without := func(name string) func(*maker, *kiosk) {
		return func(m *maker, k *kiosk) {
			s := m.stick()
			delete(s, "metadata/"+name)
			k.refuse(s, trust.Missing)
		}
	}
	return map[string]func(*maker, *kiosk){
		"test_basic_refresh_trusted_data": func(m *maker, k *kiosk) {
			s := m.stick()
			k.accept(s)
			for name, got := range map[string][]byte{
				"1.root.json": k.trusted.Root, "timestamp.json": k.trusted.Timestamp, "1.snapshot.json": k.trusted.Snapshot,
			} {
				if !bytes.Equal(got, s["metadata/"+name].Data) {
					m.t.Errorf("remembers another %s", name)
				}
			}
		},
		"test_metadata_bytes_match": func(m *maker, k *kiosk) { // odd white space is kept
			s := m.stick()
			name := "metadata/timestamp.json"
			s[name] = &fstest.MapFile{Data: append([]byte(" \n"), s[name].Data...)}
			k.accept(s)
			if !bytes.Equal(k.trusted.Timestamp, s[name].Data) {
				m.t.Error("remembers another timestamp")
			}
		},
		"test_invalid_initial_root": func(m *maker, k *kiosk) {
			s := m.stick()
			s["metadata/1.root.json"] = &fstest.MapFile{Data: []byte("EMPTY")}
			k.refuse(s, trust.Form)
		},
		"test_unsigned_initial_root": func(m *maker, k *kiosk) {
			s := m.stick()
			edit(m.t, s, "1.root.json", func(d doc) { d["signatures"] = []doc{} })
			k.refuse(s, trust.Unsigned)
		},
		"test_unsigned_metadata": func(m *maker, k *kiosk) {
			k.accept(m.stick())
			for _, name := range four {
				saved := m.roles[name].sigs
				m.roles[name].sigs = nil
				m.publish("root", "targets", "snapshot", "timestamp")
				k.refuse(m.stick(), trust.Unsigned)
				m.roles[name].sigs = saved
				m.write("root", "targets", "snapshot", "timestamp")
				k.accept(m.stick())
			}
		},
		"test_url_and_metadata_version_mismatch": func(m *maker, k *kiosk) {
			for name, file := range map[string]string{"root": "2.root.json", "snapshot": "1.snapshot.json", "targets": "1.targets.json"} {
				m.publish(name) // version 2, under the name of another
				s := m.stick()
				if name == "root" {
					edit(m.t, s, file, func(d doc) { d["signed"].(doc)["version"] = 3 })
					k.refuse(s, trust.Unsigned)
					continue
				}
				s["metadata/"+file] = s["metadata/2."+name+".json"]
				k.refuse(s, trust.Mix)
			}
		},
		"test_timestamp_content_changes": func(m *maker, k *kiosk) { // the specification keeps the old one; we say so
			k.accept(m.stick())
			m.twist["timestamp"] = func(d doc) { d["meta"].(doc)["snapshot.json"].(doc)["version"] = 100 }
			m.write("timestamp")
			k.refuse(m.stick(), trust.Mix)
		},
		"test_basic_metadata_hash_support": func(m *maker, k *kiosk) { // hashes and lengths are demanded
			k.accept(m.stick())
			m.twist["timestamp"] = func(d doc) { d["meta"] = doc{"snapshot.json": doc{"version": 1}} }
			m.publish("timestamp")
			k.refuse(m.stick(), trust.Form)
		},
		"test_targets_hash_mismatch":  func(m *maker, k *kiosk) { mismatch(m, k, "snapshot", "targets.json") },
		"test_snapshot_hash_mismatch": func(m *maker, k *kiosk) { mismatch(m, k, "timestamp", "snapshot.json") },
		"test_custom_fields": func(m *maker, k *kiosk) {
			for _, name := range four {
				m.twist[name] = func(d doc) { d["custom"] = doc{"a": []any{"b", 3}} }
			}
			m.write("root", "targets", "snapshot", "timestamp")
			k.accept(m.stick())
		},
		"test_deprecated_keyid_hash_algorithms": func(m *maker, k *kiosk) {
			m.twist["root"] = func(d doc) {
				for _, key := range d["keys"].(doc) {
					key.(doc)["keyid_hash_algorithms"] = "md5"
				}
			}
			m.write("root")
			k.accept(m.stick())
		},
		"test_snapshot_404":  without("1.snapshot.json"),
		"test_targets_404":   without("1.targets.json"),
		"test_timestamp_404": without("timestamp.json"),
		"test_incorrect_metadata_type": func(m *maker, k *kiosk) {
			for _, name := range four {
				m.twist[name] = func(d doc) { d["_type"] = "other" }
				m.write("root", "targets", "snapshot", "timestamp")
				k.refuse(m.stick(), trust.Form)
				delete(m.twist, name)
			}
		},
		"test_faketime": func(m *maker, k *kiosk) {
			k.clock = m.roles["timestamp"].expires.Add(-1)
			k.accept(m.stick())
			k.clock = m.roles["timestamp"].expires.Add(1)
			k.refuse(m.stick(), trust.Freeze)
		},
		"test_client_downloads_expected_file": func(m *maker, k *kiosk) {
			data, err := k.accept(m.stick()).Read(m.t.Context(), "logo.png")
			if err != nil || string(data) != "logo" {
				m.t.Errorf("%q, %v", data, err)
			}
		},
		"test_client_downloads_expected_file_in_sub_dir": func(m *maker, k *kiosk) {
			m.withAuthor()
			data, err := k.accept(m.stick()).Read(m.t.Context(), "packs/nord/caf/fr.md")
			if err != nil || string(data) != "texte" {
				m.t.Errorf("%q, %v", data, err)
			}
		},
		"test_repository_substitutes_target_file": func(m *maker, k *kiosk) {
			s := m.stick()
			s[stored("logo.png", "logo")] = &fstest.MapFile{Data: []byte("evil")}
			k.refuse(s, trust.Target)
		},
		"test_multiple_changes_to_target": func(m *maker, k *kiosk) {
			for _, data := range []string{"a", "b", "c", "a", ""} {
				m.targets["logo.png"] = data
				m.publish("targets", "snapshot", "timestamp")
				got, err := k.accept(m.stick()).Read(m.t.Context(), "logo.png")
				if err != nil || string(got) != data {
					m.t.Errorf("%q, %v", got, err)
				}
				s := m.stick()
				s[stored("logo.png", data)] = &fstest.MapFile{Data: []byte("malicious")}
				k.refuse(s, trust.Target)
			}
		},
		"test_download_with_unknown_hash_algorithm": func(m *maker, k *kiosk) {
			m.twist["targets"] = func(d doc) { d["targets"].(doc)["logo.png"].(doc)["hashes"] = doc{"md5": "00"} }
			m.write("targets", "snapshot", "timestamp")
			k.refuse(m.stick(), trust.Form)
		},
		"test_delegation_not_in_snapshot": func(m *maker, k *kiosk) {
			m.twist["snapshot"] = func(d doc) { delete(d["meta"].(doc), "pack-nord.json") }
			m.withAuthor()
			k.refuse(m.stick(), trust.Mix)
		},
		"test_cached_role_is_verified_against_current_delegator": func(m *maker, k *kiosk) { // one level of delegation only
			m.twist["pack-nord"] = func(d doc) { d["delegations"] = doc{"keys": doc{}, "roles": []doc{}} }
			m.withAuthor()
			k.refuse(m.stick(), trust.Author)
		},
	}
}

// mismatch gives the metadata of a file another hash, signed.
func mismatch(m *maker, k *kiosk, role, file string) {
	m.twist[role] = func(d doc) { d["meta"].(doc)[file].(doc)["hashes"] = doc{"sha256": strings.Repeat("0", 64)} }
	m.write("snapshot", "timestamp")
	k.refuse(m.stick(), trust.Mix)
}

func expirationCases() map[string]func(*maker, *kiosk) {
	expired := func(role string, want trust.Code) func(*maker, *kiosk) {
		return func(m *maker, k *kiosk) {
			k.accept(m.stick())
			m.roles[role].expires = built.AddDate(0, 0, 1)
			m.publish("root", "targets", "snapshot", "timestamp")
			k.refuse(m.stick(), want)
		}
	}
	return map[string]func(*maker, *kiosk){
		"test_root_expired":      expired("root", trust.Expired),
		"test_timestamp_expired": expired("timestamp", trust.Freeze),
		"test_snapshot_expired":  expired("snapshot", trust.Expired),
		"test_targets_expired":   expired("targets", trust.Expired),
		"test_expired_local_root": func(m *maker, k *kiosk) {
			m.roles["root"].expires = today.AddDate(0, 0, 7)
			m.publish("root")
			k.accept(m.stick())
			m.roles["root"].expires = today.AddDate(0, 0, 21)
			m.publish("root")
			k.clock = today.AddDate(0, 0, 18)
			k.accept(m.stick())
		},
		"test_expired_local_timestamp": func(m *maker, k *kiosk) {
			m.roles["timestamp"].expires = today.AddDate(0, 0, 7)
			m.publish("timestamp")
			k.accept(m.stick())
			m.roles["timestamp"].expires = today.AddDate(0, 0, 21)
			m.publish("targets", "snapshot", "timestamp")
			k.clock = today.AddDate(0, 0, 18)
			k.accept(m.stick())
		},
	}
}

func rollbackCases() map[string]func(*maker, *kiosk) {
	back := func(role string, version int) func(*maker, *kiosk) {
		return func(m *maker, k *kiosk) {
			m.publish("targets", "snapshot", "timestamp")
			k.accept(m.stick())
			m.roles[role].version = version
			switch role {
			case "targets":
				m.publish("targets", "snapshot", "timestamp")
			case "snapshot":
				m.publish("snapshot", "timestamp")
			default:
				m.publish("timestamp")
			}
			k.refuse(m.stick(), trust.Rollback)
		}
	}
	// recover has 99 versions too many and takes them back with other keys.
	recover := func(far string, rotated ...string) func(*maker, *kiosk) {
		return func(m *maker, k *kiosk) {
			m.roles[far].version += 99
			m.publish("targets", "snapshot", "timestamp")
			k.accept(m.stick())
			m.roles[far].version = 0
			m.publish("targets", "snapshot", "timestamp")
			k.refuse(m.stick(), trust.Rollback) // not without
			for i, role := range rotated {
				m.roles[role].keys, m.roles[role].sigs = []int{60 + i}, []int{60 + i}
			}
			m.roles[far].version = 0
			m.publish("root", "targets", "snapshot", "timestamp")
			k.accept(m.stick())
		}
	}
	return map[string]func(*maker, *kiosk){
		"test_new_timestamp_version_rollback":      back("timestamp", 0),
		"test_snapshot_rollback":                   back("snapshot", 0),
		"test_targets_rollback":                    back("targets", 0),
		"test_targets_fast_forward_recovery":       recover("targets", "snapshot"),
		"test_new_snapshot_fast_forward_recovery":  recover("snapshot", "snapshot", "timestamp"),
		"test_new_timestamp_fast_forward_recovery": recover("timestamp", "timestamp"),
		"test_targets_role_removal": func(m *maker, k *kiosk) {
			m.withAuthor()
			k.accept(m.stick())
			m.twist["snapshot"] = func(d doc) { delete(d["meta"].(doc), "pack-nord.json") }
			m.publish("snapshot", "timestamp")
			k.refuse(m.stick(), trust.Rollback)
		},
	}
}
