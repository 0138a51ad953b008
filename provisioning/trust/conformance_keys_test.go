package trust_test

import "guichet.example/provisioning/trust"

// step is a version of a role: which keys count, how many of them are needed,
// which sign; and the code of the refusal, "" where it is accepted.
type step struct {
	keys      []int
	threshold int
	sigs      []int
	want      trust.Code
}

func keyCases() map[string]func(*maker, *kiosk) {
	return map[string]func(*maker, *kiosk){
		"test_snapshot_does_not_meet_threshold": func(m *maker, k *kiosk) {
			r := m.roles["snapshot"]
			r.keys, r.sigs, r.threshold = []int{2, 71, 72}, []int{2, 71, 72}, 3
			m.publish("root", "targets", "snapshot", "timestamp")
			k.accept(m.stick())
			r.sigs = []int{2, 71}
			m.publish("snapshot", "timestamp")
			k.refuse(m.stick(), trust.Threshold)
		},
		"test_snapshot_has_too_few_keys": func(m *maker, k *kiosk) {
			k.accept(m.stick())
			r := m.roles["snapshot"]
			r.keys, r.sigs, r.threshold = []int{2, 71, 72}, []int{2, 71, 72}, 4
			m.publish("root", "targets", "snapshot", "timestamp")
			k.refuse(m.stick(), trust.Threshold)
		},
		"test_duplicate_keys": func(m *maker, k *kiosk) {
			k.accept(m.stick())
			r := m.roles["snapshot"]
			r.keys, r.sigs, r.threshold = []int{2, 2, 2}, []int{2}, 3
			m.publish("root", "targets", "snapshot", "timestamp")
			k.refuse(m.stick(), trust.Form)
			r.threshold = 2 // the same key under two names
			r.keys = []int{2}
			m.roles["root"].version--
			m.twist["root"] = func(d doc) {
				id, key := keyDoc(2)
				other := "0" + id[1:]
				d["keys"].(doc)[other] = key
				d["roles"].(doc)["snapshot"] = doc{"keyids": []string{id, other}, "threshold": 2}
			}
			m.publish("root", "targets", "snapshot", "timestamp")
			k.refuse(m.stick(), trust.Threshold)
		},
		"test_duplicate_sig_keyids": func(m *maker, k *kiosk) {
			m.roles["timestamp"].sigs = []int{1, 1}
			m.write("timestamp")
			k.refuse(m.stick(), trust.Form)
		},
		"test_keytype_and_scheme": func(m *maker, k *kiosk) { // Ed25519 and no other
			k.accept(m.stick())
			id, _ := keyDoc(1)
			for _, kind := range [][2]string{{"ecdsa", "ecdsa-sha2-nistp256"}, {"rsa", "rsassa-pss-sha256"}, {"ed25519", "other"}, {"other", "ed25519"}} {
				m.twist["root"] = func(d doc) {
					d["keys"].(doc)[id].(doc)["keytype"], d["keys"].(doc)[id].(doc)["scheme"] = kind[0], kind[1]
				}
				m.roles["root"].version = 1
				m.publish("root")
				k.refuse(m.stick(), trust.Form)
			}
		},
		"test_invalid_sig_in_valid_metadata": func(m *maker, k *kiosk) {
			m.roles["timestamp"].keys = []int{1, 71}
			m.write("root", "timestamp")
			for _, sig := range []string{"", "00", "ab"} {
				s := m.stick()
				edit(m.t, s, "timestamp.json", func(d doc) {
					id, _ := keyDoc(71)
					d["signatures"] = append(d["signatures"].([]any), doc{"keyid": id, "sig": sig})
				})
				k.trusted = trust.Trusted{}
				k.accept(s)
			}
		},
		"test_root_rotation": func(m *maker, _ *kiosk) {
			for name, steps := range rootRotations() {
				m := newMaker(m.t)
				root := m.roles["root"]
				root.version = 0
				for i, s := range steps {
					root.keys, root.threshold, root.sigs = s.keys, s.threshold, s.sigs
					m.publish("root")
					k := newKiosk(m.t)
					if s.want == "" {
						k.accept(m.stick())
					} else {
						m.t.Logf("%s, step %d", name, i)
						k.refuse(m.stick(), s.want)
					}
				}
			}
		},
		"test_non_root_rotations": func(m *maker, _ *kiosk) {
			for name, s := range otherRotations() {
				for _, role := range []string{"timestamp", "snapshot", "targets"} {
					m, k := newMaker(m.t), newKiosk(m.t)
					k.accept(m.stick())
					r := m.roles[role]
					r.keys, r.threshold, r.sigs = s.keys, s.threshold, s.sigs
					m.publish("root", "targets", "snapshot", "timestamp")
					if s.want == "" {
						k.accept(m.stick())
					} else {
						m.t.Logf("%s, %s", name, role)
						k.refuse(m.stick(), s.want)
					}
				}
			}
		},
	}
}

func rootRotations() map[string][]step {
	const ok, un, few = "", trust.Unsigned, trust.Threshold
	all, low, high := []int{0, 1, 2, 3, 4}, []int{0, 2, 4}, []int{5, 6, 7, 8, 9}
	swapped := []int{0, 1, 3, 4, 5}
	return map[string][]step{
		"1-of-1-key-rotation":                            {{[]int{1}, 1, []int{1}, ok}, {[]int{2}, 1, []int{2, 1}, ok}, {[]int{2}, 1, []int{2}, ok}},
		"1-of-1-key-rotation-unused-signatures":          {{[]int{1}, 1, []int{3, 1, 4}, ok}, {[]int{2}, 1, []int{3, 2, 1, 4}, ok}, {[]int{2}, 1, []int{3, 2, 4}, ok}},
		"3-of-5-sign-with-different-keycombos":           {{all, 3, low, ok}, {all, 3, []int{0, 4, 1}, ok}, {all, 3, []int{0, 1, 3}, ok}, {all, 3, []int{0, 1, 3}, ok}},
		"3-of-5-one-key-rotated":                         {{all, 3, low, ok}, {swapped, 3, []int{0, 4, 1}, ok}},
		"3-of-5-one-key-rotated-with-intermediate-step":  {{all, 3, low, ok}, {swapped, 3, []int{0, 2, 4, 5}, ok}, {swapped, 3, []int{0, 4, 5}, ok}},
		"3-of-5-all-keys-rotated-with-intermediate-step": {{all, 3, low, ok}, {high, 3, []int{0, 2, 4, 5, 6, 7}, ok}, {high, 3, []int{5, 6, 7}, ok}},
		"1-of-3-threshold-increase-to-2-of-3":            {{[]int{1, 2, 3}, 1, []int{1}, ok}, {[]int{1, 2, 3}, 2, []int{1, 2}, ok}},
		"2-of-3-threshold-decrease-to-1-of-3":            {{[]int{1, 2, 3}, 2, []int{1, 2}, ok}, {[]int{1, 2, 3}, 1, []int{1, 2}, ok}, {[]int{1, 2, 3}, 1, []int{1}, ok}},
		"1-of-2-threshold-increase-to-2-of-2":            {{[]int{1}, 1, []int{1}, ok}, {[]int{1, 2}, 2, []int{1, 2}, ok}},
		"1-of-1-fail-not-signed-with-old-key":            {{[]int{1}, 1, []int{1}, ok}, {[]int{2}, 1, []int{2, 3, 4}, un}},
		"1-of-1-fail-not-signed-with-new-key":            {{[]int{1}, 1, []int{1}, ok}, {[]int{2}, 1, []int{1, 3, 4}, un}},
		"3-of-5-fails-not-signed-with-3-new-keys":        {{all, 3, low, ok}, {swapped, 3, low, few}},
		"3-of-5-fails-not-signed-with-3-old-keys":        {{all, 3, low, ok}, {swapped, 3, []int{0, 4, 5}, few}},
		"1-of-3-bump-to-2-of-3-fails-new-threshold":      {{[]int{1, 2, 3}, 1, []int{1}, ok}, {[]int{1, 2, 3}, 2, []int{2}, few}},
		"2-of-3-decrease-to-1-of-3-fails-old-threshold":  {{[]int{1, 2, 3}, 2, []int{1, 2}, ok}, {[]int{1, 2, 3}, 1, []int{1}, few}},
	}
}

func otherRotations() map[string]step {
	all := []int{10, 11, 12, 13, 14}
	swapped := []int{10, 11, 13, 14, 15}
	return map[string]step{
		"1-of-1-key-rotation":                   {[]int{12}, 1, []int{12}, ""},
		"1-of-1-key-rotation-unused-signatures": {[]int{11}, 1, []int{13, 11, 14}, ""},
		"1-of-1-fail-not-signed-with-new-key":   {[]int{12}, 1, []int{11, 13, 14}, trust.Unsigned},
		"3-of-5-not-signed-with-expected-keys":  {swapped, 3, []int{10, 12, 14}, trust.Threshold},
		"2-of-5-threshold-not-reached":          {swapped, 3, []int{10, 14}, trust.Threshold},
		"3-of-5-sign-first-combo":               {all, 3, []int{10, 12, 14}, ""},
		"3-of-5-sign-second-combo":              {all, 3, []int{10, 14, 11}, ""},
		"3-of-5-sign-third-combo":               {all, 3, []int{10, 11, 13}, ""},
		"3-of-5-sign-fourth-combo":              {all, 3, []int{11, 12, 13}, ""},
		"3-of-5-sign-fifth-combo":               {all, 3, []int{12, 13, 14}, ""},
	}
}
