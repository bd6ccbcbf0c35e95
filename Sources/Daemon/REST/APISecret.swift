internal import Glibc
package import Model

/// What other users of the machine must send in the header `api_secret`.
package struct APISecret: Sendable {
    package enum Failure: Error, Hashable, Sendable {
        case system(path: String, errno: Int32)
        /// The file belongs to somebody else, or others can read it.
        case notPrivate(path: String)
        /// The file has no secret that this program would write: too short, or not printable.
        case unusable(path: String)
    }

    private static let lengthMin = 16
    private static let lengthMax = 256

    /// Printable ASCII.
    package let text: String

    /// - Precondition: `text` has 16 to 256 printable characters.
    package init(_ text: String) {
        precondition(APISecret.isUsable(text), "a secret of 16 to 256 printable characters")
        self.text = text
    }

    /// Reads the secret of a file, which is made when there is none: 160 random bits in base 32.
    ///
    /// - Parameter path: of the file, for its owner alone.
    /// - Throws: ``Failure``.
    package init(path: String, random: any RandomSource) throws {
        if let fresh = try APISecret.make(path: path, random: random) {
            self = fresh
        } else {
            self = try APISecret.read(path: path)
        }
    }

    /// Compares in a time that depends on the length of what was given alone.
    package func matches(_ given: String) -> Bool {
        let own = Array(text.utf8)
        var difference = UInt8(own.count == given.utf8.count ? 0 : 1)
        for (index, byte) in given.utf8.enumerated() {
            difference |= byte ^ own[index % own.count]
        }
        return difference == 0
    }

    /// `nil` when the file exists.
    private static func make(path: String, random: any RandomSource) throws -> APISecret? {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            guard errno == EEXIST else { throw Failure.system(path: path, errno: errno) }
            return nil
        }
        defer { close(file) }
        let letters = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        // 32 divides 256: every letter is as likely.
        let text = random.bytes(32).map { letters[Int($0) % 32] }
        let line = text + [UInt8(ascii: "\n")]
        guard write(file, line, line.count) == line.count, fsync(file) == 0 else {
            let code = errno
            unlink(path)
            throw Failure.system(path: path, errno: code)
        }
        return APISecret(String(decoding: text, as: UTF8.self))
    }

    private static func read(path: String) throws -> APISecret {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw Failure.system(path: path, errno: errno) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Failure.system(path: path, errno: errno) }
        guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw Failure.notPrivate(path: path)
        }
        var bytes = [UInt8](repeating: 0, count: lengthMax + 2)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw Failure.system(path: path, errno: errno) }
        var line = bytes.prefix(count)
        while let last = line.last, last == 10 || last == 13 { line.removeLast() }
        guard let text = String(validating: line, as: UTF8.self), isUsable(text) else {
            throw Failure.unusable(path: path)
        }
        return APISecret(text)
    }

    private static func isUsable(_ text: String) -> Bool {
        (lengthMin...lengthMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
