internal import Model

/// How long whoever reads waits for suppliers that stop answering in the middle of it, so that a
/// network that is cut for a while costs time and no file.
///
/// Each silence of a supplier is waited for once: when it has lasted for ``hold``, no further block
/// waits for it, until it answers.
///
/// Thread rules: any thread that may block.
final class FetchPatience: Sendable {
    /// Nanoseconds of silence that are waited for.
    let hold: UInt64
    private let pauseMin: UInt64
    private let pauseMax: UInt64
    private let cancellation: Cancellation
    private let report: @Sendable (_ silent: Int) -> Void
    private let monitor = Monitor()

    /// - Parameter report: hears how many suppliers do not answer, whenever that changes.
    init(
        _ patience: LanePatience, cancellation: Cancellation,
        report: @escaping @Sendable (_ silent: Int) -> Void = { _ in }
    ) {
        hold = patience.networkHold
        pauseMin = patience.pauseMin
        pauseMax = patience.pauseMax
        self.cancellation = cancellation
        self.report = report
    }

    /// Waits for nobody.
    static var none: FetchPatience {
        var patience = LanePatience()
        patience.networkHold = 0
        return FetchPatience(patience, cancellation: Cancellation())
    }

    func tell(silent count: Int) { report(count) }

    /// Lets time pass before the suppliers of a block are asked again.
    ///
    /// - Parameter attempt: how often they were, beginning at zero: pauses double.
    func pause(_ attempt: Int) throws {
        let wait = min(pauseMin << UInt64(min(attempt, 20)), pauseMax)
        guard monitor.pause(nanoseconds: wait, while: { !cancellation.isCancelled }) else {
            throw CancelledError()
        }
    }
}
