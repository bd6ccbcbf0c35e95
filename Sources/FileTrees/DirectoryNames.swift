internal import CKernels
internal import Glibc

/// The names of one directory, sorted by their raw bytes, kept as the records of getdents64.
///
/// ```
/// offset  length  field of one record (linux_dirent64)
///      0       8  inode
///      8       8  position of the next record in the directory
///     16       2  length of the record
///     18       1  kind
///     19       -  name, then NUL
/// ```
struct DirectoryNames: ~Copyable {
    private var bytes: UnsafeMutableRawPointer
    private var capacity = 32 << 10
    private var byteCount = 0
    /// Offsets of the names in `bytes`.
    private(set) var offsets: [Int] = []

    private static let nameOffset = 19
    /// Room for one call, so that few calls read a directory.
    private static let roomMin = 16 << 10

    /// Reads all names of an open directory, without `.` and `..`; throws the errno.
    init(_ descriptor: Int32) throws(Errno) {
        bytes = malloc(capacity)
        offsets.reserveCapacity(64)
        while true {
            if capacity - byteCount < DirectoryNames.roomMin {
                capacity *= 2
                bytes = realloc(bytes, capacity)
            }
            let count = bd_read_directory(
                descriptor, bytes + byteCount, capacity - byteCount, byteCount == 0)
            guard count >= 0 else { throw Errno(code: Int32(-count)) }
            guard count > 0 else { break }
            index(byteCount..<byteCount + count)
            byteCount += count
        }
        let start = bytes.assumingMemoryBound(to: CChar.self)
        offsets.sort { strcmp(start + $0, start + $1) < 0 }
    }

    deinit {
        free(bytes)
    }

    /// The name at `offset`, one of `offsets`.
    func name(at offset: Int) -> UnsafeRawBufferPointer {
        let start = bytes + offset
        let length = strlen(start.assumingMemoryBound(to: CChar.self))
        return UnsafeRawBufferPointer(start: start, count: length)
    }

    private mutating func index(_ range: Range<Int>) {
        var record = range.lowerBound
        while record < range.upperBound {
            let length = Int(bytes.loadUnaligned(fromByteOffset: record + 16, as: UInt16.self))
            let name = record + DirectoryNames.nameOffset
            if !isDots(bytes + name) { offsets.append(name) }
            record += length
        }
    }

    private func isDots(_ name: UnsafeMutableRawPointer) -> Bool {
        let text = name.assumingMemoryBound(to: CChar.self)
        let dot = CChar(UInt8(ascii: "."))
        return text[0] == dot && (text[1] == 0 || (text[1] == dot && text[2] == 0))
    }
}

/// A bare errno, before the path it belongs to is known.
struct Errno: Error {
    let code: Int32
}
