internal import ArgumentParser
internal import Glibc
internal import Model

/// The arguments of the process without loss: the names of files need not be UTF-8, but the parser
/// takes strings.
///
/// An argument that is not UTF-8 has each byte from 0x80 on replaced by a private character of
/// plane 16, U+10FF80 for 0x80. One that is UTF-8 but holds such a character gets the same, so that
/// each string stands for one sequence of bytes only.
enum RawArguments {
    private static let base: UInt32 = 0x10_FF00
    private static let escapes = (base + 0x80)...(base + 0xFF)

    /// The arguments after the program's name.
    static func ofProcess() -> [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { pointer in
                let bytes = UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))
                return text(of: Array(bytes))
            }
        }
    }

    static func text(of bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !hasEscapes(text) { return text }
        var scalars = String.UnicodeScalarView()
        for byte in bytes {
            let value = byte < 0x80 ? UInt32(byte) : base + UInt32(byte)
            if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
        }
        return String(scalars)
    }

    static func bytes(of text: some StringProtocol) -> [UInt8] {
        guard hasEscapes(text) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            escapes.contains(scalar.value)
                ? [UInt8(scalar.value - base)] : Array(String(scalar).utf8)
        }
    }

    /// Whether `text` stands for bytes that are not UTF-8.
    static func hasEscapes(_ text: some StringProtocol) -> Bool {
        text.unicodeScalars.contains { escapes.contains($0.value) }
    }

    /// `text` for people: `\xNN` in place of private characters.
    static func readable(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            if escapes.contains(scalar.value) {
                result += "\\x" + Hex.encode([UInt8(scalar.value - base)])
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
}

/// A path as it was given: raw bytes.
struct RawPath: ExpressibleByArgument, Hashable, Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.bytes = RawArguments.bytes(of: argument)
    }

    var defaultValueDescription: String { displayText(bytes) }

    /// Taken from the working directory when it is relative.
    func absolute() -> RawPath {
        guard bytes.first != UInt8(ascii: "/"), let start = RawPath.workingDirectory() else {
            return self
        }
        return RawPath(start.bytes + [UInt8(ascii: "/")] + bytes)
    }

    func appending(_ component: String) -> RawPath {
        RawPath(bytes + [UInt8(ascii: "/")] + Array(component.utf8))
    }

    /// `nil` when it was removed.
    private static func workingDirectory() -> RawPath? {
        guard let pointer = getcwd(nil, 0) else { return nil }
        defer { free(pointer) }
        return RawPath(Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))))
    }
}

/// Several directories with commas between them.
struct DirectoryList: ExpressibleByArgument, Hashable, Sendable {
    let directories: [RawPath]

    init?(argument: String) {
        let parts = RawArguments.bytes(of: argument).split(
            separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty) else { return nil }
        self.directories = parts.map { RawPath(Array($0)) }
    }

    /// Absolute paths: they are kept, and the next run may have another working directory.
    var absolute: [[UInt8]] { directories.map { $0.absolute().bytes } }
}
