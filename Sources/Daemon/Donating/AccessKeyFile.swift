package import Model
internal import Networking

/// The key to object storage, in a file of the home for this user alone: its id and its secret, a
/// line each. It is never on a command line and never in the configuration.
package enum AccessKeyFile {
    /// What both lines together have at most, in bytes.
    private static let lengthMax = 1024

    package static func isThere(_ home: NodeHome) -> Bool {
        (try? read(home)) != nil
    }

    /// - Throws: `BD-SUPPLIER-KEY` for what is no key, or `BD-FILE`.
    package static func write(id: String, secret: String, _ home: NodeHome) throws(Failure) {
        let bytes = Array("\(id)\n\(secret)\n".utf8)
        guard parse(bytes) != nil else {
            throw Failure(
                "BD-SUPPLIER-KEY", .usage, "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is no key",
                remedy: "both are of printable characters without blanks")
        }
        try HomeFile.write(bytes, to: home.accessKey)
    }

    /// - Throws: `BD-SUPPLIER-KEY` when there is none, or `BD-FILE`.
    static func read(_ home: NodeHome) throws(Failure) -> AccessKey {
        guard let bytes = try HomeFile.readIfThere(home.accessKey, limit: lengthMax),
            let (id, secret) = parse(bytes)
        else {
            throw Failure(
                "BD-SUPPLIER-KEY", .badConfiguration,
                "there is no key to the object storage in \(home.accessKey)",
                remedy: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                    + "then `bitdust supplier start` again")
        }
        return AccessKey(id: id, secret: secret)
    }

    private static func parse(_ bytes: [UInt8]) -> (id: String, secret: [UInt8])? {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard bytes.count <= lengthMax, lines.count == 3, lines[2].isEmpty,
            lines[0].count > 0, lines[1].count > 0,
            lines[0].allSatisfy({ $0 != UInt8(ascii: "/") && (33...126).contains($0) }),
            lines[1].allSatisfy({ (33...126).contains($0) })
        else { return nil }
        return (String(decoding: lines[0], as: UTF8.self), Array(lines[1]))
    }
}
