package view

const mknod = 0 // there is only mknodat

func ownPrivileged() []uint32  { return nil }
func ownDispensable() []uint32 { return nil }
