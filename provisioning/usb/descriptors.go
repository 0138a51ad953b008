package usb

// Types of descriptors and codes, of the USB 2.0 specification, 9.4, and of
// the class specification of mass storage.
const (
	descriptorDevice    = 1
	descriptorInterface = 4
	classStorage        = 0x08
	subclassSCSI        = 0x06
	protocolBulk        = 0x50
	protocolUAS         = 0x62
)

// onlyStorage goes through the descriptors of a device, all configurations and
// alternate settings of them: a device may say now that it is a stick and be
// asked to be a keyboard later.
func onlyStorage(b []byte) error {
	if len(b) < 18 || b[0] != 18 || b[1] != descriptorDevice {
		return refuse(Odd, "its descriptors do not begin with that of a device")
	}
	if b[17] != 1 {
		return refuse(NotStorage, "%d configurations", b[17])
	}
	interfaces := 0
	for ; len(b) > 0; b = b[b[0]:] {
		if len(b) < 2 || b[0] < 2 || int(b[0]) > len(b) {
			return refuse(Odd, "a descriptor is cut off")
		}
		if b[1] != descriptorInterface {
			continue
		}
		if b[0] < 9 {
			return refuse(Odd, "an interface's descriptor has %d bytes", b[0])
		}
		interfaces++
		if b[2] != 0 || b[5] != classStorage || b[6] != subclassSCSI || b[7] != protocolBulk && b[7] != protocolUAS {
			return refuse(NotStorage, "interface %d can be %02x:%02x:%02x", b[2], b[5], b[6], b[7])
		}
	}
	if interfaces == 0 {
		return refuse(NotStorage, "no interface")
	}
	return nil
}
