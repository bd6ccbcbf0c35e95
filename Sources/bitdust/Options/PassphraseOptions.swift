internal import ArgumentParser
internal import Glibc
internal import Model

/// Where the passphrase of a key file comes from: never the command line or the environment, which
/// other users of the machine can read.
struct PassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Read the passphrase from the first line of a file.", valueName: "file"),
        completion: .file())
    var passphraseFile: RawPath?

    @Option(
        help: ArgumentHelp(
            "Read the passphrase from the first line of an open descriptor.", valueName: "number"))
    var passphraseFd: Int32?

    var isGiven: Bool { passphraseFile != nil || passphraseFd != nil }

    func validate() throws {
        if passphraseFile != nil && passphraseFd != nil {
            throw ValidationError("--passphrase-file and --passphrase-fd exclude each other.")
        }
        if let passphraseFd, passphraseFd < 0 {
            throw ValidationError("--passphrase-fd takes the number of an open descriptor.")
        }
    }

    /// The passphrase, from the source that was given or from the terminal.
    ///
    /// - Parameter isNew: asked for twice, since nothing could tell of a slip later.
    /// - Throws: `BD-PASSPHRASE-SOURCE`, `BD-PASSPHRASE-EMPTY`, `BD-NO-TERMINAL`, ``Interrupted``.
    func passphrase(isNew: Bool, canAsk: Bool) throws -> [UInt8] {
        let passphrase: [UInt8]
        if let passphraseFile {
            passphrase = try PassphraseOptions.firstLine(of: passphraseFile)
        } else if let passphraseFd {
            passphrase = try PassphraseOptions.firstLine(
                descriptor: passphraseFd, name: "descriptor \(passphraseFd)")
        } else if canAsk {
            passphrase = try PassphrasePrompt.ask(isNew: isNew)
        } else {
            throw Failure(
                "BD-NO-TERMINAL", .usage, "a passphrase is needed and --no-input forbids to ask",
                remedy: "give --passphrase-file FILE or --passphrase-fd N")
        }
        guard !passphrase.isEmpty else {
            throw Failure(
                "BD-PASSPHRASE-EMPTY", .usage, "the passphrase is empty",
                remedy: "give one, or --no-passphrase when you save the key file")
        }
        return passphrase
    }

    private static func firstLine(of file: RawPath) throws -> [UInt8] {
        let name = displayText(file.bytes)
        let descriptor = open(cPath(file.bytes), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(name, errno) }
        defer { close(descriptor) }
        return try firstLine(descriptor: descriptor, name: name)
    }

    /// Byte by byte, so that nothing after the line is taken from a pipe.
    static func firstLine(descriptor: Int32, name: String) throws -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < Limits.textLengthMax {
            let count = read(descriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(name, errno) }
            if count == 0 || byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }

    private static func unreadable(_ name: String, _ number: Int32) -> Failure {
        Failure(
            "BD-PASSPHRASE-SOURCE", .usage, "cannot read the passphrase from \(name)",
            cause: errorText(number), remedy: "check the name and that you may read it")
    }
}

/// `bytes` as C wants a path.
func cPath(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

/// What the system says of an `errno`.
func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }
