import FileTrees
import Glibc
import Model
import Synchronization

/// A directory of its own for one test, removed with all that is in it.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/filetrees-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        // The tree may be deeper than any path can name; rm descends by descriptors.
        var process = pid_t()
        var words = ["rm", "-rf", path].map { (word: String) in strdup(word) } + [nil]
        posix_spawn(&process, "/bin/rm", nil, nil, &words, nil)
        waitpid(process, nil, 0)
        words.forEach { free($0) }
    }

    subscript(_ name: String) -> String { "\(path)/\(name)" }

    func source(_ name: String = "") throws -> SourceDirectory {
        try SourceDirectory.open(path: Array(self[name].utf8))
    }

    func target(_ name: String = "") throws -> TargetDirectory {
        try TargetDirectory.open(path: Array(self[name].utf8), create: true)
    }

    func makeDirectory(_ name: String, mode: mode_t = 0o755) {
        prepared(mkdir(self[name], mode))
    }

    func makeFile(_ name: String, _ text: String = "", mode: mode_t = 0o644) {
        let file = open(self[name], O_CREAT | O_WRONLY | O_TRUNC, mode)
        precondition(file >= 0, name)
        prepared(Int32(write(file, text, text.utf8.count)) - Int32(text.utf8.count))
        close(file)
    }

    func text(_ name: String) -> String? {
        let file = open(self[name], O_RDONLY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    func names(_ name: String = "") throws -> [String] {
        try source(name).scan().entries.map { String(decoding: $0.entry.name, as: UTF8.self) }
    }
}

/// Stops a test whose preparation did not work.
func prepared(_ code: Int32) {
    precondition(code == 0, String(cString: strerror(errno)))
}

func entry(
    _ name: String, _ kind: EntryKind = .file, mode: UInt16 = 0o644, size: UInt64 = 0
) -> TreeEntry {
    entry(Array(name.utf8), kind, mode: mode, size: size)
}

func entry(
    _ name: [UInt8], _ kind: EntryKind = .file, mode: UInt16 = 0o644, size: UInt64 = 0
) -> TreeEntry {
    var entry = TreeEntry(
        name: name, kind: kind, mode: mode, userID: geteuid(), groupID: getegid(),
        modified: FileTime(seconds: 1_234_567_890, nanoseconds: 123_456_789))
    entry.size = size
    return entry
}

extension TargetDirectory {
    /// Restores one file of text.
    @discardableResult
    func put(_ name: String, _ text: String, mode: UInt16 = 0o644) throws -> [MetadataIssue] {
        let bytes = Array(text.utf8)
        let file = try beginFile(entry(name, mode: mode, size: UInt64(bytes.count)))
        try file.put(bytes)
        return try file.commit()
    }
}

extension TargetFile {
    func put(_ bytes: [UInt8], at offset: UInt64 = 0) throws {
        try bytes.withUnsafeBytes { try write($0, at: offset) }
    }
}

extension SourceFile {
    func contents() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xAA, count: Int(opened.entry.size))
        let count = try bytes.withUnsafeMutableBytes { try read(into: $0, at: 0) }
        return Array(bytes.prefix(count))
    }
}

/// Tells one thread of a test that another is done.
final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
}
