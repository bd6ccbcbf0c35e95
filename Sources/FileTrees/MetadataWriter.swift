internal import CKernels
internal import Glibc
package import Model

/// Metadata that this user or this file system did not take; the entry itself is there.
package enum MetadataIssue: Hashable, Sendable {
    /// Owner or group; setuid and setgid are left out with them.
    case owner(errno: Int32)
    case mode(errno: Int32)
    case attribute(name: [UInt8], errno: Int32)
    case modified(errno: Int32)
    /// A device or socket that only root makes.
    case skipped(EntryKind)
}

/// Gives one open file, directory or node the metadata of its entry.
///
/// The order matters: a change of owner clears setuid and capabilities; attributes of a file that
/// is to be read-only need it writable; a change of mode rewrites an access control list; and all
/// of them come before the times.
struct MetadataWriter {
    let descriptor: Descriptor
    /// Opened by name only (O_PATH).
    let isNode: Bool
    /// The directory hands an access control list down to what is created in it.
    var inheritsACL = false
    /// It was there before, so it may have attributes that the entry does not.
    var isOld = false

    private static let accessACL = Array("system.posix_acl_access".utf8)
    private static let defaultACL = Array("system.posix_acl_default".utf8)
    private static let userPrefix = Array("user.".utf8)

    /// Applies all that differs from `status`, which describes the file as it is.
    func apply(_ entry: TreeEntry, to status: bd_file_status) -> [MetadataIssue] {
        var issues: [MetadataIssue] = []
        removeAttributes(notIn: entry, &issues)
        let ownerChanges = status.user != entry.userID || status.group != entry.groupID
        let isOwned = !ownerChanges || setOwner(of: entry, status, &issues)
        if !entry.attributes.isEmpty {
            setAttributes(of: entry, isOwned: isOwned, isACL: false, &issues)
        }
        setMode(of: entry, status, isOwned: isOwned, ownerChanges: ownerChanges, &issues)
        if !entry.attributes.isEmpty {
            setAttributes(of: entry, isOwned: isOwned, isACL: true, &issues)
        }
        let code = bd_set_modified(
            descriptor.number, isNode, entry.modified.seconds, entry.modified.nanoseconds)
        if code != 0 { issues.append(.modified(errno: -code)) }
        return issues
    }

    private func setOwner(
        of entry: TreeEntry, _ status: bd_file_status, _ issues: inout [MetadataIssue]
    ) -> Bool {
        // The highest number means "leave as it is" to the kernel, so nobody can own a file by it.
        guard entry.userID != .max, entry.groupID != .max else {
            issues.append(.owner(errno: EINVAL))
            return false
        }
        let code = bd_set_owner(descriptor.number, isNode, entry.userID, entry.groupID)
        if code == 0 { return true }
        issues.append(.owner(errno: -code))
        if status.group != entry.groupID {
            // A member of the group may at least set that.
            _ = bd_set_owner(descriptor.number, isNode, .max, entry.groupID)
        }
        return false
    }

    private func setMode(
        of entry: TreeEntry, _ status: bd_file_status, isOwned: Bool, ownerChanges: Bool,
        _ issues: inout [MetadataIssue]
    ) {
        guard entry.kind != .symbolicLink else { return }
        // setuid of another owner than the recorded one would hand out the wrong rights.
        let mode = UInt32(isOwned ? entry.mode : entry.mode & ~0o6000)
        let mayDiffer = ownerChanges || isOld || inheritsACL || !entry.attributes.isEmpty
        guard mayDiffer || mode != status.mode & 0o7777 else { return }
        let code = bd_set_mode(descriptor.number, isNode, mode)
        if code != 0 { issues.append(.mode(errno: -code)) }
    }

    private func setAttributes(
        of entry: TreeEntry, isOwned: Bool, isACL: Bool, _ issues: inout [MetadataIssue]
    ) {
        for attribute in entry.attributes where isACL == MetadataWriter.isACL(attribute.name) {
            // Capabilities are a kind of setuid.
            if !isOwned, attribute.name.elementsEqual("security.capability".utf8) {
                issues.append(.attribute(name: attribute.name, errno: EPERM))
                continue
            }
            let code = attribute.name.withTerminated { name in
                attribute.value.withUnsafeBytes {
                    bd_set_attribute(descriptor.number, isNode, name, $0.baseAddress, $0.count)
                }
            }
            if code != 0 { issues.append(.attribute(name: attribute.name, errno: -code)) }
        }
    }

    /// Removes lists that the directory handed down and, from what was there before, the user's
    /// attributes that the entry does not have.
    private func removeAttributes(notIn entry: TreeEntry, _ issues: inout [MetadataIssue]) {
        guard inheritsACL || isOld, entry.kind != .symbolicLink else { return }
        var names = [MetadataWriter.accessACL]
        if entry.kind == .directory { names.append(MetadataWriter.defaultACL) }
        if isOld {
            let reader = AttributeReader(descriptor: descriptor, isNode: isNode)
            let present = (try? reader.read { [] }) ?? []
            let users = present.map(\.name).filter { $0.starts(with: MetadataWriter.userPrefix) }
            names += users
        }
        for name in names where !entry.attributes.contains(where: { $0.name == name }) {
            let code = name.withTerminated { bd_remove_attribute(descriptor.number, isNode, $0) }
            if code != 0, code != -ENODATA, code != -ENOTSUP {
                issues.append(.attribute(name: name, errno: -code))
            }
        }
    }

    private static func isACL(_ name: [UInt8]) -> Bool {
        name == accessACL || name == defaultACL
    }

    /// Whether what is created in this directory inherits an access control list.
    static func handsDownACL(_ descriptor: Descriptor) -> Bool {
        descriptor.with { number in
            defaultACL.withTerminated { bd_get_attribute(number, false, $0, nil, 0) } > 0
        }
    }
}
