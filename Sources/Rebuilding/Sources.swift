internal import Dispatch
internal import ErasureCoding
internal import Hashing
internal import Model
internal import Suppliers
internal import Synchronization

/// One fragment that is read from, and the supplier that it is read from.
struct Source: Hashable, Sendable {
    let position: Int
    let supplier: SupplierID
    let fragment: FragmentID
}

/// Why a source gave nothing.
struct SourceFault: Error, Hashable, Sendable {
    let source: Source
    /// The fragment is gone or wrong there; else the supplier could not be asked.
    let isLost: Bool
}

/// Reads the same strip of several fragments at a time, into one half of a buffer while the other
/// is used.
///
/// Each source has a thread, which waits for its supplier: a queue of the system would ask no more
/// of them at a time than there are processors.
// @unchecked: between `begin` and `wait` only the readers touch the half that they fill.
final class StripReader: @unchecked Sendable {
    private struct Strip {
        let range: Range<Int>
        let half: Int
    }

    private let sources: [Source]
    private let stores: [SupplierID: any FragmentStore]
    private let owner: UserID
    private let stripLength: Int
    private let buffer: PageBuffer
    /// What is to be read next; `nil` ends the readers.
    private let next = Mutex<Strip?>(nil)
    private let faults = Mutex<[SourceFault]>([])
    private let begun: [DispatchSemaphore]
    private let group = DispatchGroup()
    private let threads = Mutex<[WorkerThread]>([])

    /// - Parameter buffer: for both halves; it is nobody else's until ``close()`` returns.
    init(
        _ sources: [Source], stores: [SupplierID: any FragmentStore], owner: UserID,
        stripLength: Int, buffer: PageBuffer
    ) {
        self.sources = sources
        self.stores = stores
        self.owner = owner
        self.stripLength = stripLength
        self.buffer = buffer
        begun = sources.map { _ in DispatchSemaphore(value: 0) }
        threads.withLock { threads in
            threads = sources.indices.map { index in
                WorkerThread { [self] in run(index) }
            }
        }
    }

    static func byteCount(sourceCount: Int, stripLength: Int) -> Int {
        2 * sourceCount * stripLength
    }

    /// The bytes of a source in a half, for a strip of so many.
    func bytes(_ index: Int, half: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(target(index, half: half, count: count))
    }

    private func target(_ index: Int, half: Int, count: Int) -> UnsafeMutableRawBufferPointer {
        let start = (half * sources.count + index) * stripLength
        return buffer[start..<start + count]
    }

    /// Starts reading `range` of every fragment into a half; what was begun before is waited for.
    func begin(_ range: Range<Int>, half: Int) {
        next.withLock { $0 = Strip(range: range, half: half) }
        for reader in begun {
            group.enter()
            reader.signal()
        }
    }

    /// Waits for what was begun.
    func wait() throws(SourceFault) {
        group.wait()
        if let fault = faults.withLock({ $0.first }) { throw fault }
    }

    /// Waits for what was begun, and ends the readers. Call it once, at the end.
    func close() {
        group.wait()
        next.withLock { $0 = nil }
        for reader in begun { reader.signal() }
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func run(_ index: Int) {
        while true {
            begun[index].wait()
            guard let strip = next.withLock({ $0 }) else { return }
            read(
                sources[index], strip.range,
                into: target(index, half: strip.half, count: strip.range.count))
            group.leave()
        }
    }

    private func read(
        _ source: Source, _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer
    ) {
        do throws(StoreError) {
            guard let store = stores[source.supplier] else { throw .closed }
            let count = try store.get(source.fragment, of: owner, range: range, into: target)
            guard count == range.count else {
                throw .lied(.wrongLength(have: count, need: range.count))
            }
        } catch {
            faults.withLock { $0.append(SourceFault(source: source, isLost: error.meansLoss)) }
        }
    }
}

extension StoreError {
    /// Whether the error says that the fragment cannot be had from this supplier any more.
    var meansLoss: Bool {
        switch self {
        case .notFound, .corrupt, .lied(.wrongBytes), .lied(.wrongLength): true
        default: false
        }
    }
}
