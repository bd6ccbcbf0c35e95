import Glibc
import Model
import Pipelines
import Synchronization

/// A clock whose every look is a second later, so that all progress is reported when it is made.
final class SteppingTime: TimeSource {
    private let steps = Atomic<UInt64>(0)

    var now: Timestamp { Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(uptime)) }

    var uptime: UInt64 {
        steps.add(1_000_000_000, ordering: .relaxed).newValue
    }
}

/// Does something once, after the scanner has listed the source and before the readers go on.
///
/// The scanner runs on the thread that has called `backup`; every other that has read something
/// waits until the scanner is done.
final class AfterScan: Sendable {
    private let scanner = pthread_self()
    private let isDone = Atomic<Bool>(false)
    private let action: @Sendable () -> Void

    init(_ action: @escaping @Sendable () -> Void) {
        self.action = action
    }

    func watch(_ progress: BackupProgress) {
        if pthread_self() == scanner {
            guard progress.isTotalKnown, !isDone.load(ordering: .acquiring) else { return }
            action()
            isDone.store(true, ordering: .releasing)
        } else if progress.bytesDone > 0 {
            while !isDone.load(ordering: .acquiring) { sched_yield() }
        }
    }
}
