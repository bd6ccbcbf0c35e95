package import Model

/// What a restore does where something of the same name is already there.
package enum OverwritePolicy: String, Sendable, CaseIterable {
    case always
    /// Replaced when kind, size or modification time differ.
    case ifChanged
    case never

    /// Whether `entry` is to be written over `existing`.
    package func replaces(_ existing: ScannedEntry?, with entry: TreeEntry) -> Bool {
        guard let existing = existing?.entry else { return true }
        switch self {
        case .always:
            return true
        case .never:
            return false
        case .ifChanged:
            return existing.kind != entry.kind || existing.modified != entry.modified
                || (entry.kind == .file && existing.size != entry.size)
                || existing.deviceNumber != entry.deviceNumber
        }
    }
}
