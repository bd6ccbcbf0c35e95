internal import Glibc
internal import Model
internal import Synchronization

/// Standard output for data and standard error for messages, with the bar kept out of the way of
/// both.
///
/// Any thread may call it: the bar is drawn by one thread while another prints.
final class Console: Sendable {
    let outStyle: Style
    let errorStyle: Style
    /// Whether a bar may be drawn.
    let hasBar: Bool
    /// Whether standard output is a terminal.
    let isOutTerminal: Bool
    private let isBarShown = Mutex(false)

    init(noColor: Bool, environment: ProcessEnvironment = .current) {
        let isErrorTerminal = isatty(STDERR_FILENO) == 1
        isOutTerminal = isatty(STDOUT_FILENO) == 1
        hasBar = isErrorTerminal && environment.text("TERM") != "dumb"
        outStyle = Style(
            isTerminal: isOutTerminal, forbidden: noColor, environment: environment)
        errorStyle = Style(
            isTerminal: isErrorTerminal, forbidden: noColor, environment: environment)
    }

    /// Columns of the terminal that the bar is drawn on.
    var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Prints a line of data.
    ///
    /// - Throws: `BD-OUTPUT` when it cannot be written.
    func out(_ line: String) throws(Failure) {
        try out(bytes: Array((line + "\n").utf8))
    }

    func out(bytes: [UInt8]) throws(Failure) {
        try bytes.span.bytes.withUnsafeBytes { (buffer) throws(Failure) in try out(buffer) }
    }

    func out(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        let number = isBarShown.withLock { isShown in
            if isOutTerminal { Console.clear(&isShown) }
            return Console.write(bytes, to: STDOUT_FILENO)
        }
        guard number == 0 else {
            throw Failure(
                "BD-OUTPUT", .inputOutput, "cannot write to standard output",
                cause: errorText(number), remedy: "check where the output goes to")
        }
    }

    /// Prints a line of message. There is nobody to tell when it fails.
    func message(_ line: String) {
        isBarShown.withLock { isShown in
            Console.clear(&isShown)
            Console.put(line + "\n")
        }
    }

    /// Draws `line` over the bar before.
    func draw(bar line: String) {
        isBarShown.withLock { isShown in
            Console.put("\r\u{1B}[K" + line)
            isShown = true
        }
    }

    func clearBar() {
        isBarShown.withLock { Console.clear(&$0) }
    }

    private static func clear(_ isShown: inout Bool) {
        if isShown { put("\r\u{1B}[K") }
        isShown = false
    }

    private static func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.span.bytes.withUnsafeBytes { write($0, to: STDERR_FILENO) }
    }

    /// - Returns: 0, or the `errno`.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, part.baseAddress, part.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return errno }
            rest = rest.dropFirst(count)
        }
        return 0
    }
}
