package import Compressing
package import FileTrees
internal import Model
package import Placement

/// What to back up and how.
package struct BackupRequest: Sendable {
    /// Raw bytes, relative ones are taken from the working directory.
    package var paths: [[UInt8]]
    /// The last component of the first path when `nil`.
    package var setName: String?
    /// Patterns of `.gitignore`, matched below each path.
    package var excludes: [String] = []
    package var redundancy = Redundancy.automatic
    package var tags: [String] = []
    /// Reads everything and says what would be stored; stores nothing.
    package var isDryRun = false
    package var compression = CompressionSetting.standard

    package init(paths: [[UInt8]]) {
        self.paths = paths
    }
}

/// Which snapshot is meant.
package enum SnapshotChoice: Hashable, Sendable {
    /// The newest, of one set when it is named.
    case latest(setName: String?)
    /// The first hexadecimal digits of its id, at least 4.
    case prefix(String)
}

/// What to restore and where.
package struct RestoreRequest: Sendable {
    package var snapshot: SnapshotChoice
    /// Paths inside the snapshot; everything when empty.
    package var paths: [[UInt8]] = []
    package var target: [UInt8]
    package var overwrite = OverwritePolicy.ifChanged
    package var isDryRun = false

    package init(snapshot: SnapshotChoice, target: [UInt8]) {
        self.snapshot = snapshot
        self.target = target
    }
}
