/// The operations of a disk that a supplier needs, so that tests can put a failing one underneath.
///
/// Thread rules: every method may be called from any thread; a file is not closed while another
/// thread uses it.
package protocol Disk: AnyObject, Sendable {
    func open(_ path: String, _ access: DiskAccess) throws(DiskError) -> any DiskFile
    /// The names in a directory, ascending, without `.` and `..`.
    func names(in directory: String) throws(DiskError) -> [String]
    /// Makes one directory, mode 0700; nothing happens when it is there.
    func makeDirectory(_ path: String) throws(DiskError)
    /// Replaces `target` in one step.
    func rename(_ source: String, to target: String) throws(DiskError)
    func remove(_ path: String) throws(DiskError)
    /// Makes the entries of a directory durable.
    func syncDirectory(_ path: String) throws(DiskError)
    /// Bytes an unprivileged process may still write.
    func availableByteCount(at path: String) throws(DiskError) -> Int
    /// Takes the lock of this file for this process, or throws `EWOULDBLOCK`. Released when the
    /// returned file is closed.
    func lock(_ path: String) throws(DiskError) -> any DiskFile
    /// Why it last said no, where it knows more than an error number; asks nobody.
    var refusal: String? { get }
    /// Whether it is still this store's; one that does not say is.
    func isOurs() -> Bool
}

extension Disk {
    package var refusal: String? { nil }

    package func isOurs() -> Bool { true }
}

/// How a file is opened. `direct` asks for transfers past the page cache and is a wish: where the
/// file system refuses, the file works through the cache.
package enum DiskAccess: Equatable, Sendable {
    case read(direct: Bool)
    /// An existing file, for reading and writing.
    case write(direct: Bool)
    /// A new file, mode 0600; `EEXIST` when there is one.
    case create(direct: Bool)
}

/// An open file, closed at the latest when the last reference goes. Offsets and lengths are bytes.
/// Parts lie one after the other from `offset`.
package protocol DiskFile: AnyObject, Sendable {
    /// Writes a prefix of `parts` and returns its length, as `pwritev` does.
    func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) -> Int
    /// Reads a prefix of `parts` and returns its length; 0 at the end of the file.
    func read(into parts: [UnsafeMutableRawBufferPointer], at offset: Int) throws(DiskError) -> Int
    func length() throws(DiskError) -> Int
    /// Takes space for `range` and leaves the length as it is.
    func reserve(_ range: Range<Int>) throws(DiskError)
    func truncate(to length: Int) throws(DiskError)
    /// Makes the content durable. A failure is final: what was written since the last success is
    /// unknown, and calling again proves nothing.
    func sync() throws(DiskError)
    func close() throws(DiskError)
}

/// An operation that the system refused.
package struct DiskError: Error, Equatable, Sendable {
    package let operation: DiskOperation
    /// The system's error number.
    package let code: Int32

    package init(_ operation: DiskOperation, code: Int32) {
        self.operation = operation
        self.code = code
    }
}

package enum DiskOperation: String, CaseIterable, Sendable {
    case open, read, write, length, reserve, truncate, sync, close
    case list, makeDirectory, rename, remove, syncDirectory, space, lock
}

extension DiskFile {
    /// Writes all of `parts`.
    package func writeAll(
        _ parts: [UnsafeRawBufferPointer], at offset: Int
    ) throws(DiskError) {
        var rest = parts
        var position = offset
        while !rest.isEmpty {
            let count = try write(rest, at: position)
            guard count > 0 else { throw DiskError(.write, code: DiskError.inputOutput) }
            position += count
            rest = rest.droppingBytes(count)
        }
    }

    /// Reads until `parts` are full or the file ends; returns the bytes read.
    package func readAll(
        into parts: [UnsafeMutableRawBufferPointer], at offset: Int
    ) throws(DiskError) -> Int {
        var rest = parts
        var position = offset
        while !rest.isEmpty {
            let count = try read(into: rest, at: position)
            if count == 0 { break }
            position += count
            rest = rest.droppingBytes(count)
        }
        return position - offset
    }

    /// The whole file, at most `limit` bytes of it.
    package func contents(limit: Int) throws(DiskError) -> [UInt8] {
        let length = min(try length(), limit)
        var bytes = [UInt8](repeating: 0, count: length)
        var failure: DiskError?
        let count = bytes.withUnsafeMutableBytes { target in
            do throws(DiskError) {
                return try readAll(into: [target], at: 0)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count == length ? bytes : Array(bytes[..<count])
    }
}

extension Array where Element == UnsafeRawBufferPointer {
    fileprivate func droppingBytes(_ count: Int) -> [UnsafeRawBufferPointer] {
        var left = count
        var rest: [UnsafeRawBufferPointer] = []
        for part in self {
            if left < part.count {
                rest.append(UnsafeRawBufferPointer(rebasing: part[left...]))
            }
            left = Swift.max(0, left - part.count)
        }
        return rest
    }
}

extension Array where Element == UnsafeMutableRawBufferPointer {
    fileprivate func droppingBytes(_ count: Int) -> [UnsafeMutableRawBufferPointer] {
        var left = count
        var rest: [UnsafeMutableRawBufferPointer] = []
        for part in self {
            if left < part.count {
                rest.append(UnsafeMutableRawBufferPointer(rebasing: part[left...]))
            }
            left = Swift.max(0, left - part.count)
        }
        return rest
    }
}
