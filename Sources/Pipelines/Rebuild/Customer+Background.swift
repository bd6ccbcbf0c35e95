internal import Catalogs
internal import Model
package import Placement
internal import Suppliers
internal import Synchronization

extension Customer {
    /// Between two looks whether a command waits, in nanoseconds.
    private static let wantedInterval: UInt64 = 100_000_000

    /// Does work that gives way: `cancellation` is set as soon as a command wants the home.
    package func givingWay<Result>(
        _ cancellation: Cancellation, _ body: () throws -> Result
    ) rethrows -> Result {
        let end = Cancellation()
        let watcher = WorkerThread { [self] in
            while !end.isCancelled {
                if isWanted { cancellation.cancel() }
                SystemPause.pause(nanoseconds: Customer.wantedInterval)
            }
        }
        defer {
            end.cancel()
            watcher.join()
        }
        return try body()
    }

    // MARK: A reshape that waits

    private static let reshapeName = "reshape wanted"

    /// The scheme that stored data is to get and does not have yet; `nil` when none is wanted.
    package func pendingReshape() throws -> Redundancy? {
        let bytes = try catalog.setting(Customer.reshapeName) ?? []
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        switch (words.first, words.count) {
        case ("automatic", 1): return .automatic
        case ("survive", 2): return Int(words[1]).map { .survive($0) }
        case ("scheme", 2): return ErasureScheme(String(words[1])).map { .scheme($0) }
        default: return nil
        }
    }

    /// Notes what stored data is to be coded by: the node does it by and by.
    package func wantReshape(_ redundancy: Redundancy?) throws {
        let text =
            switch redundancy {
            case nil: ""
            case .automatic: "automatic"
            case .survive(let count): "survive \(count)"
            case .scheme(let scheme): "scheme \(scheme)"
            }
        try catalog.set(Customer.reshapeName, to: Array(text.utf8))
    }
}
