internal import Glibc
internal import Model

/// Asks for a passphrase on the terminal, without echo, wherever standard input comes from.
enum PassphrasePrompt {
    private static let interruptCharacter: UInt8 = 3
    private static let attemptsMax = 3

    /// - Throws: `BD-NO-TERMINAL`, `BD-PASSPHRASE-DIFFERS`; ``Interrupted`` after Ctrl-C.
    static func ask(isNew: Bool) throws -> [UInt8] {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else {
            throw Failure(
                "BD-NO-TERMINAL", .usage,
                "a passphrase is needed and there is no terminal to ask on",
                remedy: "give --passphrase-file FILE or --passphrase-fd N")
        }
        defer { close(terminal) }
        guard isNew else { return try line(terminal, prompt: "Passphrase: ") }
        for _ in 0..<attemptsMax {
            let first = try line(terminal, prompt: "New passphrase: ")
            guard !first.isEmpty else { return first }
            if try line(terminal, prompt: "The same again: ") == first { return first }
            put(terminal, "The two differ.\n")
        }
        throw Failure(
            "BD-PASSPHRASE-DIFFERS", .usage, "the two passphrases differ",
            remedy: "run the command again")
    }

    private static func line(_ terminal: Int32, prompt: String) throws -> [UInt8] {
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else {
            throw Failure(
                "BD-NO-TERMINAL", .usage, "the terminal cannot hide a passphrase",
                cause: errorText(errno),
                remedy: "give --passphrase-file FILE or --passphrase-fd N")
        }
        put(terminal, prompt)
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO | ISIG)
        // Ctrl-C ends the line instead of the process, so that the echo always comes back.
        hidden.c_cc.11 = interruptCharacter
        tcsetattr(terminal, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            put(terminal, "\n")
        }
        return try read(terminal)
    }

    private static func read(_ terminal: Int32) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: Limits.textLengthMax)
        let count = Glibc.read(terminal, &buffer, buffer.count)
        guard count > 0 else { throw Interrupted(signal: SIGHUP) }
        var line = Array(buffer[..<count])
        if line.last == interruptCharacter { throw Interrupted(signal: SIGINT) }
        if line.last == UInt8(ascii: "\n") { line.removeLast() }
        return line
    }

    private static func put(_ terminal: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        _ = write(terminal, bytes, bytes.count)
    }
}
