internal import Synchronization

/// A small file in memory: read from a bucket, or on its way there.
final class ObjectFile: DiskFile {
    private let content: Mutex<[UInt8]>

    init(_ bytes: [UInt8] = []) { content = Mutex(bytes) }

    var bytes: [UInt8] { content.withLock { $0 } }

    func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) -> Int {
        var new: [UInt8] = []
        for part in parts { new += part }
        content.withLock { content in
            let end = offset + new.count
            if content.count < end {
                content += [UInt8](repeating: 0, count: end - content.count)
            }
            content.replaceSubrange(offset..<end, with: new)
        }
        return new.count
    }

    func read(into parts: [UnsafeMutableRawBufferPointer], at offset: Int) -> Int {
        let bytes = bytes
        guard let part = parts.first(where: { !$0.isEmpty }), offset < bytes.count else { return 0 }
        let count = min(part.count, bytes.count - offset)
        bytes.withUnsafeBytes {
            part.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
        }
        return count
    }

    func length() -> Int { content.withLock { $0.count } }

    func truncate(to length: Int) {
        content.withLock { $0.removeLast(max(0, $0.count - length)) }
    }

    func reserve(_ range: Range<Int>) {}
    func sync() {}
    func close() {}
}
