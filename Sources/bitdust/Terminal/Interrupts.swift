internal import Dispatch
internal import Glibc
internal import Model
internal import Pipelines
internal import Synchronization

/// Turns the first Ctrl-C or SIGTERM into a cancellation and the second into the end.
///
/// It lasts as long as the object does: before and after, signals kill as usual.
final class Interrupts: Sendable {
    private static let signals = [SIGINT, SIGTERM]
    private let received = Mutex<Int32?>(nil)
    // Sources are thread safe; the type does not say so.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    init(cancellation: Cancellation, console: Console) {
        let queue = DispatchQueue(label: "bitdust.interrupts")
        sources = Interrupts.signals.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        for (number, source) in zip(Interrupts.signals, sources) {
            source.setEventHandler { [weak self] in
                self?.arrived(number, cancellation: cancellation, console: console)
            }
            source.resume()
        }
    }

    deinit {
        for source in sources { source.cancel() }
        for number in Interrupts.signals { signal(number, SIG_DFL) }
    }

    /// Runs `body`; whatever it throws after a signal becomes ``Interrupted``.
    func watch<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            if let number = received.withLock({ $0 }) { throw Interrupted(signal: number) }
            throw error
        }
    }

    private func arrived(_ number: Int32, cancellation: Cancellation, console: Console) {
        let isFirst = received.withLock { received in
            defer { received = number }
            return received == nil
        }
        guard isFirst else {
            console.clearBar()
            _exit(128 + number)
        }
        cancellation.cancel()
        console.message("stopping at the next safe point - once more stops at once")
    }
}
