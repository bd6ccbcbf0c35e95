/// The exit codes of the command line; restic's where they exist, sysexits for the rest.
package enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    /// The snapshot is saved, but some source files could not be read.
    case filesSkipped = 3
    /// The snapshot is saved and restorable, but below its target redundancy.
    case belowTarget = 4
    /// The restore finished, but some files are missing or damaged.
    case filesDamaged = 5
    case noIdentity = 10
    case busy = 11
    case wrongPassphrase = 12
    case tooFewSuppliers = 13
    case quotaExceeded = 14
    case unreachable = 15
    case usage = 64
    case badData = 65
    /// No node runs, and this needs one.
    case nodeOff = 69
    case software = 70
    case cannotCreate = 73
    case inputOutput = 74
    case noPermission = 77
    case badConfiguration = 78
}

/// What a person is told when something fails: what happened, why, and what to do.
package struct Failure: Error, Equatable, Sendable {
    /// Stable, for manuals and scripts: `BD-TARGET-IS-FILE`.
    package let code: String
    package let status: ExitStatus
    /// What happened, one sentence without a full stop.
    package let message: String
    /// Why, when more is known.
    package let cause: String?
    /// What to do about it.
    package let remedy: String?

    package init(
        _ code: String, _ status: ExitStatus, _ message: String, cause: String? = nil,
        remedy: String? = nil
    ) {
        self.code = code
        self.status = status
        self.message = message
        self.cause = cause
        self.remedy = remedy
    }
}

extension Failure: CustomStringConvertible {
    /// One line: what happened, why, and what to do about it.
    package var description: String {
        message + (cause.map { ": \($0)" } ?? "") + (remedy.map { "; \($0)" } ?? "")
    }
}

/// A path or name for people: UTF-8 where it is, `\xNN` for the other bytes and for controls.
package func displayText(_ bytes: some Sequence<UInt8>) -> String {
    let array = Array(bytes)
    if let text = String(validating: array, as: UTF8.self),
        !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
    {
        return text
    }
    return array.map { byte in
        (32..<127).contains(byte)
            ? String(UnicodeScalar(byte)) : "\\x" + Hex.encode([byte])
    }.joined()
}
