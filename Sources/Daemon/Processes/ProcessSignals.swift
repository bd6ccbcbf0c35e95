internal import Dispatch
internal import Glibc

/// What signals ask of a node: SIGTERM and SIGINT to stop, SIGHUP to read the configuration again.
///
/// They last as long as the object does. A second request to stop ends the process at once.
package final class ProcessSignals: Sendable {
    package enum Request: Sendable { case stop, reload }

    package let requests: AsyncStream<Request>
    // Sources are thread safe; the type does not say so.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    package init() {
        let (requests, continuation) = AsyncStream.makeStream(
            of: Request.self, bufferingPolicy: .bufferingNewest(8))
        self.requests = requests
        let queue = DispatchQueue(label: "bitdust.node.signals")
        // Confined to the queue.
        nonisolated(unsafe) var isStopping = false
        sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                guard number != SIGHUP else {
                    continuation.yield(.reload)
                    return
                }
                if isStopping { _exit(128 + number) }
                isStopping = true
                continuation.yield(.stop)
            }
            source.resume()
            return source
        }
        signal(SIGPIPE, SIG_IGN)
    }

    deinit {
        for source in sources { source.cancel() }
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_DFL) }
    }
}
