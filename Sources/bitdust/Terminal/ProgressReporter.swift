internal import Dispatch
internal import Glibc
internal import Model
internal import Synchronization

/// Where a transfer stands, told in three ways.
protocol Progressing: Sendable {
    /// Bytes that count for the rate.
    var bytesDone: UInt64 { get }
    func line(pace: Pace) -> ProgressLine
    /// The status message of `--json`.
    func message(pace: Pace) -> JSON
    /// Paths being worked on, for `--verbose`.
    var currentFiles: [[UInt8]] { get }
}

/// How progress is shown.
enum ProgressMode: Hashable, Sendable {
    /// Redrawn in place, ten times a second.
    case bar
    /// A line each so many nanoseconds.
    case lines(UInt64)
    case json(UInt64)
    case none

    static let barInterval: UInt64 = 100_000_000

    /// - Parameter environment: `BITDUST_PROGRESS_INTERVAL` in seconds replaces the minute between
    ///   lines and the second between JSON messages.
    init(output: OutputOptions, hasBar: Bool, environment: ProcessEnvironment) {
        let named = environment.text("BITDUST_PROGRESS_INTERVAL").flatMap { Double($0) }
        let interval = named.flatMap { seconds in
            seconds >= 0.1 && seconds <= 1e9 ? UInt64(seconds * 1e9) : nil
        }
        if output.quiet {
            self = .none
        } else if output.json {
            self = .json(interval ?? 1_000_000_000)
        } else {
            self = hasBar ? .bar : .lines(interval ?? 60_000_000_000)
        }
    }

    var interval: UInt64? {
        switch self {
        case .bar: ProgressMode.barInterval
        case .lines(let interval), .json(let interval): interval
        case .none: nil
        }
    }
}

/// Shows the newest progress at a steady beat, however often it changes.
///
/// `update` may be called by any thread and only stores; all drawing is on one queue.
final class ProgressReporter<Progress: Progressing>: Sendable {
    private struct State {
        var newest: Progress
        var meter = RateMeter()
        var named: Set<[UInt8]> = []
    }

    private let console: Console
    private let mode: ProgressMode
    private let isVerbose: Bool
    private let time: any TimeSource
    private let start: UInt64
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "bitdust.progress")
    // Sources are thread safe; the types do not say so.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer
    nonisolated(unsafe) private let request: any DispatchSourceSignal

    init(
        _ first: Progress, console: Console, mode: ProgressMode, isVerbose: Bool,
        time: any TimeSource
    ) {
        self.console = console
        self.mode = mode
        self.isVerbose = isVerbose
        self.time = time
        self.start = time.uptime
        var state = State(newest: first)
        _ = state.meter.add(time: start, byteCount: first.bytesDone)
        self.state = Mutex(state)
        timer = DispatchSource.makeTimerSource(queue: queue)
        request = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: queue)
        request.setEventHandler { [weak self] in self?.answer() }
        request.resume()
        timer.setEventHandler { [weak self] in self?.beat() }
        if let interval = mode.interval {
            let beat = DispatchTimeInterval.nanoseconds(Int(interval))
            timer.schedule(deadline: .now() + beat, repeating: beat)
        }
        timer.resume()
    }

    func update(_ progress: Progress) {
        let fresh = state.withLock { state in
            state.newest = progress
            guard isVerbose else { return [[UInt8]]() }
            let now = progress.currentFiles
            let fresh = now.filter { !state.named.contains($0) }
            state.named = Set(now)
            return fresh
        }
        for path in fresh { console.message("  reading  " + displayText(path)) }
    }

    /// Stops the beat, takes the bar away and, with `--json`, tells where it ended.
    func finish() {
        timer.cancel()
        request.cancel()
        queue.sync {
            if case .json = mode { tell() }
            console.clearBar()
        }
    }

    private func beat() {
        if case .bar = mode {
            let (progress, pace) = sample()
            // The last column is left free: some terminals wrap when it is written.
            console.draw(bar: progress.line(pace: pace).bar(width: console.width - 1))
        } else {
            tell()
        }
    }

    /// SIGUSR1: the status now, however quiet.
    private func answer() {
        tell()
    }

    private func tell() {
        let (progress, pace) = sample()
        if case .json = mode {
            // The command itself finds out when nobody reads its output any more.
            try? console.out(progress.message(pace: pace).line)
        } else {
            console.message(progress.line(pace: pace).plain)
        }
    }

    private func sample() -> (Progress, Pace) {
        let now = time.uptime
        return state.withLock { state in
            let rate = state.meter.add(time: now, byteCount: state.newest.bytesDone)
            return (state.newest, Pace(elapsed: now - start, bytesPerSecond: rate))
        }
    }
}
