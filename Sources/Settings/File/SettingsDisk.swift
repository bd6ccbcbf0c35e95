/// Where the settings file lies, as the steps that a `SettingsStore` takes: each of them may fail,
/// and the machine may stop between any two.
package protocol SettingsDisk: Sendable {
    /// Keeps other writers away, of this process and of others, until `unlock`.
    ///
    /// - Returns: `false` when someone holds the lock for longer than `Limits.settingsLockTime`.
    func lock() throws(SettingsDiskError) -> Bool
    func unlock()

    /// The file, at most `limit` bytes and one more; `nil` when there is none.
    func read(limit: Int) throws(SettingsDiskError) -> [UInt8]?

    /// Writes the next file beside the one that is there, whatever a crash left under its name.
    func writeNext(_ bytes: [UInt8]) throws(SettingsDiskError)
    func syncNext() throws(SettingsDiskError)
    /// Gives the next file the name of the one that is there.
    func publishNext() throws(SettingsDiskError)
    func syncDirectory() throws(SettingsDiskError)
    /// Removes the next file; best effort.
    func dropNext()
}

package struct SettingsDiskError: Error, Equatable, Sendable {
    package enum Step: String, Sendable {
        case makeDirectory, lock, read, write, sync, publish, syncDirectory
    }

    package let step: Step
    /// errno(3).
    package let code: Int32

    package init(_ step: Step, code: Int32) {
        self.step = step
        self.code = code
    }

    var outcome: String { step == .read ? "read" : "written" }
}
