internal import Crypto
internal import Model

/// Signs requests to object storage as Amazon's version 4 does.
///
/// - SeeAlso: AWS, “Authenticating Requests (AWS Signature Version 4)”, S3 API Reference. The
///   tests hold it against the examples that are published there.
package struct RequestSignature: Sendable {
    package let key: AccessKey
    package let region: String

    package init(key: AccessKey, region: String) {
        self.key = key
        self.region = region
    }

    /// A request as far as it is signed.
    package struct Request: Sendable {
        package var method: String
        /// Encoded, beginning with `/`.
        package var path: String
        /// Names and values, not encoded.
        package var query: [(name: String, value: String)] = []
        /// All that are signed, `host`, `x-amz-date` and `x-amz-content-sha256` among them; names
        /// in lower case.
        package var headers: [(name: String, value: String)]
        /// Hexadecimal SHA-256 of the body.
        package var bodyHash: String

        package init(
            _ method: String, _ path: String, query: [(name: String, value: String)] = [],
            headers: [(name: String, value: String)], bodyHash: String
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.bodyHash = bodyHash
        }
    }

    /// The value of the `Authorization` field.
    ///
    /// - Parameter time: as in `x-amz-date`: `20130524T000000Z`.
    package func authorization(of request: Request, at time: String) -> String {
        let headers = request.headers.sorted { $0.name < $1.name }
        let names = headers.map(\.name).joined(separator: ";")
        let canonical = [
            request.method, request.path, RequestSignature.encoded(request.query),
            headers.map { "\($0.name):\($0.value)\n" }.joined(), names, request.bodyHash,
        ].joined(separator: "\n")
        let day = String(time.prefix(8))
        let scope = "\(day)/\(region)/s3/aws4_request"
        let text = ["AWS4-HMAC-SHA256", time, scope, RequestSignature.hash(canonical)]
            .joined(separator: "\n")
        var secret = key.first
        for part in [day, region, "s3", "aws4_request"] {
            secret = SymmetricKey(data: RequestSignature.authenticate(part, with: secret))
        }
        let signature = Hex.encode(RequestSignature.authenticate(text, with: secret))
        return "AWS4-HMAC-SHA256 Credential=\(key.id)/\(scope),SignedHeaders=\(names),"
            + "Signature=\(signature)"
    }

    /// A query as it is sent and signed: encoded, in the order of its names.
    package static func encoded(_ query: [(name: String, value: String)]) -> String {
        query.map { (encoded($0.name), encoded($0.value)) }.sorted { $0 < $1 }
            .map { "\($0)=\($1)" }.joined(separator: "&")
    }

    /// RFC 3986, section 2.3: all but letters, digits and `-._~` as `%XX`.
    package static func encoded(_ text: String, keeping kept: String = "") -> String {
        var result = ""
        for byte in text.utf8 {
            let letter = byte | 0x20
            if (97...122).contains(letter) || (48...57).contains(byte)
                || "-._~\(kept)".utf8.contains(byte)
            {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return result
    }

    /// Hexadecimal SHA-256 of buffers, one after the other.
    package static func hash(_ parts: [UnsafeRawBufferPointer]) -> String {
        var hash = SHA256()
        for part in parts { hash.update(bufferPointer: part) }
        return Hex.encode(Array(hash.finalize()))
    }

    package static func hash(_ text: String) -> String {
        Hex.encode(Array(SHA256.hash(data: Array(text.utf8))))
    }

    private static func authenticate(_ text: String, with key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }
}

/// Who asks object storage. The secret is never printed.
package struct AccessKey: Sendable, CustomStringConvertible, CustomReflectable {
    package let id: String
    /// What goes with a key that is lent for some hours.
    package let token: String?
    fileprivate let first: SymmetricKey

    package init(id: String, secret: [UInt8], token: String? = nil) {
        self.id = id
        self.token = token
        first = SymmetricKey(data: Array("AWS4".utf8) + secret)
    }

    package var description: String { "AccessKey(\(id))" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether both are one key.
    func isSame(as other: AccessKey) -> Bool {
        id == other.id && token == other.token && first == other.first
    }
}
