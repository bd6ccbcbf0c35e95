internal import Identities
internal import Model
internal import Sealing

// What people type and machines keep: pages of keys, certificates.

extension FuzzTarget {
    static let keys = [
        FuzzTarget(name: "key-file", fixtures: ["keyfile"]) { bytes in
            guard let file = try? KeyFileText(parsing: bytes) else { return }
            demand(
                (try? KeyFileText(parsing: Array(file.text.utf8)))?.text == file.text,
                "a page that was read is written so that it can be read")
        },
        FuzzTarget(name: "machine-keys", fixtures: ["keyfile"]) { bytes in
            recode(
                bytes, decode: MachineKeys.init(decoding:), encode: { $0.encoded })
        },
        FuzzTarget(name: "device-certificate", fixtures: ["identity"]) { bytes in
            recode(
                bytes, decode: DeviceCertificate.init(decoding:), encode: { $0.encoded })
        },
    ]
}
