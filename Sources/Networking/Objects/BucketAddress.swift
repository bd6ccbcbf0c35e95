internal import Model

/// Where a bucket is, and the part of it that is used.
package struct BucketAddress: Hashable, Sendable {
    package let isSecure: Bool
    package let host: String
    package let port: UInt16
    package let bucket: String
    /// What all keys begin with: empty, or words with `/` between and at the end.
    package let prefix: String
    package let region: String
    /// Whether the bucket is the first part of the path, and not of the host.
    private let isInPath: Bool

    /// - Parameter place: `s3://BUCKET` or `s3://BUCKET/PREFIX`.
    /// - Parameter endpoint: `https://HOST[:PORT]` or `http://...`; Amazon's when empty.
    /// - Returns: `nil` for what is no place or no endpoint.
    package init?(place: String, endpoint: String, region: String) {
        guard let (bucket, prefix) = BucketAddress.parts(of: place),
            region.utf8.allSatisfy(BucketAddress.isWordByte), !region.isEmpty
        else { return nil }
        (self.bucket, self.prefix, self.region) = (bucket, prefix, region)
        guard !endpoint.isEmpty else {
            // A name with dots is not in the certificate of the host that begins with it.
            isInPath = bucket.contains(".")
            let service = "s3.\(region).amazonaws.com"
            (isSecure, port) = (true, 443)
            host = isInPath ? service : "\(bucket).\(service)"
            return
        }
        isInPath = true
        isSecure = endpoint.lowercased().hasPrefix("https://")
        let plain = isSecure ? "http" + endpoint.dropFirst(5) : endpoint
        guard let url = WebURL(plain), url.target == "/" else { return nil }
        port = isSecure && url.port == 80 ? 443 : url.port
        switch url.host {
        case .name(let name): host = name
        case .address(let address): host = "\(address)"
        }
    }

    /// As in the `Host` field.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The path of an object, encoded; that of the bucket for the empty key.
    package func path(of key: String) -> String {
        let name = key.isEmpty ? "" : RequestSignature.encoded(prefix + key, keeping: "/")
        return isInPath ? "/\(bucket)/\(name)" : "/\(name)"
    }

    /// Bucket and prefix of `s3://BUCKET/PREFIX`; `nil` when it is none.
    package static func parts(of place: String) -> (bucket: String, prefix: String)? {
        let scheme = "s3://"
        guard place.hasPrefix(scheme) else { return nil }
        let parts = place.dropFirst(scheme.count).split(
            separator: "/", omittingEmptySubsequences: false)
        let words = parts.last == "" ? parts.dropLast() : parts[...]
        guard let bucket = words.first, (3...63).contains(bucket.utf8.count),
            bucket.utf8.allSatisfy({ isWordByte($0) && $0 | 0x20 == $0 }),
            let first = bucket.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-"),
            place.utf8.count <= Limits.objectPlaceLengthMax,
            words.dropFirst().allSatisfy({ word in
                !word.isEmpty && word != "." && word != ".." && word.utf8.allSatisfy(isWordByte)
            })
        else { return nil }
        let prefix = words.dropFirst().map { "\($0)/" }.joined()
        return (String(bucket), prefix)
    }

    /// Letters, digits, `-` and `.`: the same in every URL and every file name.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        (97...122).contains(byte | 0x20) && byte > 64 || (48...57).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
}
