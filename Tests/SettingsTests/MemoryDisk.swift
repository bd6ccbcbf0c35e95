import Model
import Settings
import Synchronization

/// A directory in memory whose machine can stop between any two steps.
///
/// What was written and not synced may be lost or there in part; a rename that was not synced may
/// have happened or not.
final class MemoryDisk: SettingsDisk {
    /// What a machine finds after it has started again.
    struct Remains: Equatable {
        let file: [UInt8]?
        let next: [UInt8]?
    }

    private struct Contents {
        var file: [UInt8]?
        var next: [UInt8]?
        var isNextSynced = false
        /// What the file was before a rename that is not synced yet.
        var before: [UInt8]??
        var isLocked = false
        var stepCount = 0
        var failingStep: Int?
        var steps: [SettingsDiskError.Step] = []
    }

    private let contents: Mutex<Contents>

    init(_ file: [UInt8]? = nil, next: [UInt8]? = nil) {
        contents = Mutex(Contents(file: file, next: next))
    }

    convenience init(text: String) { self.init(Array(text.utf8)) }

    var file: [UInt8]? { contents.withLock { $0.file } }
    var text: String { String(decoding: file ?? [], as: UTF8.self) }
    var isLocked: Bool { contents.withLock { $0.isLocked } }
    /// The steps that were taken, the failed one too.
    var steps: [SettingsDiskError.Step] { contents.withLock { $0.steps } }

    /// From now on the step with this number, from 0, fails.
    func fail(step: Int?) {
        contents.withLock { contents in
            contents.failingStep = step
            contents.stepCount = 0
            contents.steps = []
        }
    }

    /// All states of the disk that are possible when the machine stops now.
    var remains: [Remains] {
        contents.withLock { contents in
            let files = contents.before.map { [contents.file, $0] } ?? [contents.file]
            var nexts = [contents.next]
            if let next = contents.next, !contents.isNextSynced {
                nexts = [nil] + (0...next.count).map { Array(next[..<$0]) }
            }
            return files.flatMap { file in nexts.map { Remains(file: file, next: $0) } }
        }
    }

    func lock() throws(SettingsDiskError) -> Bool {
        try step(.lock) { contents in
            if contents.isLocked { return false }
            contents.isLocked = true
            return true
        }
    }

    func unlock() { contents.withLock { $0.isLocked = false } }

    func read(limit: Int) throws(SettingsDiskError) -> [UInt8]? {
        try step(.read) { contents in contents.file.map { Array($0.prefix(limit + 1)) } }
    }

    func writeNext(_ bytes: [UInt8]) throws(SettingsDiskError) {
        let isFailing = contents.withLock { contents in
            contents.next = bytes
            contents.isNextSynced = false
            return contents.failingStep == contents.stepCount
        }
        // A disk that is full takes a part.
        if isFailing { contents.withLock { $0.next = Array(bytes.prefix(bytes.count / 2)) } }
        try step(.write) { _ in }
    }

    func syncNext() throws(SettingsDiskError) { try step(.sync) { $0.isNextSynced = true } }

    func publishNext() throws(SettingsDiskError) {
        try step(.publish) { contents in
            contents.before = .some(contents.file)
            contents.file = contents.next
            contents.next = nil
        }
    }

    func syncDirectory() throws(SettingsDiskError) {
        try step(.syncDirectory) { $0.before = nil }
    }

    func dropNext() { contents.withLock { $0.next = nil } }

    private func step<Result>(
        _ step: SettingsDiskError.Step, _ body: (inout Contents) -> sending Result
    ) throws(SettingsDiskError) -> Result {
        let result: Result? = contents.withLock { contents in
            contents.steps.append(step)
            defer { contents.stepCount += 1 }
            return contents.stepCount == contents.failingStep ? nil : body(&contents)
        }
        guard let result else { throw SettingsDiskError(step, code: SettingsDiskError.noSpace) }
        return result
    }
}
