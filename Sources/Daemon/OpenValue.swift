internal import DHT
internal import Hashing
internal import Identities
internal import Model

/// Values of the DHT for trying it out: the key that signs them is made of their name, so anyone
/// who knows the name may write them. Nothing of the product reads them.
enum OpenValue {
    enum Noun {}

    static let salt = Array("bitdust-open".utf8)

    static func key(of name: String) throws(SigningError) -> SigningKey<Noun> {
        let label = Array("bitdust/v1/dht-open-value\0\(name)".utf8)
        return try SigningKey<Noun>(seed: SecretBytes(BLAKE3.hash(label.span.bytes)))
    }

    /// The next sequence of a value: milliseconds, but always after the one that is there, which a
    /// clock that was ahead may have given.
    static func sequence(after former: Int64?, at now: Timestamp) -> Int64 {
        let time = max(0, now.nanoseconds / 1_000_000)
        return max(time, former.map { $0 < .max ? $0 + 1 : .max } ?? 0)
    }

    /// A bencoded string.
    static func value(of bytes: [UInt8]) -> [UInt8] {
        var writer = BencodeWriter(reserving: bytes.count + 8)
        writer.string(bytes)
        return writer.bytes
    }

    /// `nil` for what is no bencoded string.
    static func text(of value: [UInt8]) -> [UInt8]? {
        var reader = BencodeReader(value)
        guard let range = try? reader.string(), (try? reader.finish()) != nil else { return nil }
        return Array(value[range])
    }
}
