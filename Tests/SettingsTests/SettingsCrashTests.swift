import Model
import Testing

@testable import Settings

/// The machine stops, or the disk fails, at each step of a change.
@Suite struct SettingsCrashTests {
    private static let stepCount = 6
    private static let old = "# mine\nlogs/debug-level = 1\n"
    private static let new = "# mine\nlogs/debug-level = 2\n"

    /// The steps in their order: a change that skipped one would be lost by a loss of power.
    @Test func `a change takes all steps in order`() throws {
        let disk = MemoryDisk(text: SettingsCrashTests.old)
        let store = try SettingsStore(disk: disk)
        disk.fail(step: nil)
        try store.set("debug", to: "2")
        #expect(disk.steps == [.lock, .read, .write, .sync, .publish, .syncDirectory])
        #expect(disk.remains == [.init(file: Array(SettingsCrashTests.new.utf8), next: nil)])
    }

    @Test(arguments: 0..<stepCount)
    func `after a stop at any step the settings are the old ones or the new ones`(
        step: Int
    ) throws {
        let disk = MemoryDisk(text: SettingsCrashTests.old)
        let store = try SettingsStore(disk: disk)
        disk.fail(step: step)
        // A machine that stops takes none of the later steps; what is cleaned up after a failure
        // only makes fewer states.
        #expect(throws: SettingsError.self) { try store.set("debug", to: "2") }
        for remains in disk.remains {
            let restarted = MemoryDisk(remains.file, next: remains.next)
            let text = restarted.text
            #expect(text == SettingsCrashTests.old || text == SettingsCrashTests.new)
            let after = try SettingsStore(disk: restarted)
            #expect([1, 2].contains(after.values[LogSettings.debugLevel]))
            try after.set("debug", to: "7")
            #expect(restarted.text == "# mine\nlogs/debug-level = 7\n")
        }
    }

    @Test func `the machine may stop while the next file is being written`() throws {
        let old = Array(SettingsCrashTests.old.utf8)
        let new = Array(SettingsCrashTests.new.utf8)
        for length in 0...new.count {
            let disk = MemoryDisk(old, next: Array(new[..<length]))
            let store = try SettingsStore(disk: disk)
            #expect(store.values[LogSettings.debugLevel] == 1)
            try store.set("debug", to: "2")
            #expect(disk.file == new)
        }
    }

    @Test(arguments: 0..<stepCount)
    func `after a failure the store says what the file says, and goes on`(step: Int) throws {
        let disk = MemoryDisk(text: SettingsCrashTests.old)
        let store = try SettingsStore(disk: disk)
        disk.fail(step: step)
        let error = #expect(throws: SettingsError.self) { try store.set("debug", to: "2") }
        let isPublished = step == SettingsCrashTests.stepCount - 1
        if case .notDurable = error { #expect(isPublished) } else { #expect(!isPublished) }
        #expect(store.values[LogSettings.debugLevel] == (isPublished ? 2 : 1))
        #expect(disk.text == (isPublished ? SettingsCrashTests.new : SettingsCrashTests.old))
        #expect(!disk.isLocked)
        disk.fail(step: nil)
        try store.set("debug", to: "3")
        #expect(disk.text == "# mine\nlogs/debug-level = 3\n")
    }

    @Test func `what was told as done is there after a loss of power`() throws {
        let disk = MemoryDisk()
        let store = try SettingsStore(disk: disk)
        for number in 1...24 {
            try store.set("debug", to: "\(number)")
            for remains in disk.remains {
                let after = try SettingsStore(disk: MemoryDisk(remains.file, next: remains.next))
                #expect(after.values[LogSettings.debugLevel] == number)
            }
        }
    }

    @Test func `the disk in memory finds a store that does not sync`() throws {
        let disk = MemoryDisk(text: SettingsCrashTests.old)
        try disk.writeNext(Array(SettingsCrashTests.new.utf8))
        #expect(disk.remains.contains { $0.next?.count == 3 })
        try disk.publishNext()
        #expect(disk.remains.contains { $0.file == Array(SettingsCrashTests.old.utf8) })
    }
}
