package import Model
internal import Networking

/// The key to object storage, in a file of the home for this user alone: its id, its secret and,
/// when it is lent for some hours, the token that goes with it; a line each. It is never on a
/// command line and never in the configuration.
package enum AccessKeyFile {
    /// What the lines together have at most, in bytes; tokens have 4096 at most.
    private static let lengthMax = 8192

    package static func isThere(_ home: NodeHome) -> Bool {
        (try? read(home)) != nil
    }

    /// - Throws: `BD-SUPPLIER-KEY` for what is no key, or `BD-FILE`.
    package static func write(
        id: String, secret: String, token: String? = nil, _ home: NodeHome
    ) throws(Failure) {
        let bytes = Array("\(id)\n\(secret)\n\(token.map { $0 + "\n" } ?? "")".utf8)
        guard parse(bytes) != nil else {
            throw Failure(
                "BD-SUPPLIER-KEY", .usage, "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is no key",
                remedy: "they, and AWS_SESSION_TOKEN where it is set, are of printable "
                    + "characters without blanks")
        }
        try HomeFile.write(bytes, to: home.accessKey)
    }

    /// - Throws: `BD-SUPPLIER-KEY` when there is none, or `BD-FILE`.
    static func read(_ home: NodeHome) throws(Failure) -> AccessKey {
        guard let bytes = try HomeFile.readIfThere(home.accessKey, limit: lengthMax),
            let key = parse(bytes)
        else {
            throw Failure(
                "BD-SUPPLIER-KEY", .badConfiguration,
                "there is no key to the object storage in \(home.accessKey)",
                remedy: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                    + "then `bitdust supplier start` again")
        }
        return key
    }

    private static func parse(_ bytes: [UInt8]) -> AccessKey? {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard bytes.count <= lengthMax, (3...4).contains(lines.count), lines.last?.isEmpty == true,
            lines.dropLast().allSatisfy({ !$0.isEmpty && $0.allSatisfy { (33...126).contains($0) } }
            ),
            !lines[0].contains(UInt8(ascii: "/"))
        else { return nil }
        let texts = lines.dropLast().map { String(decoding: $0, as: UTF8.self) }
        return AccessKey(
            id: texts[0], secret: Array(lines[1]), token: texts.count > 2 ? texts[2] : nil)
    }
}
