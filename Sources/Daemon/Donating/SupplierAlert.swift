internal import APIModel
internal import Model
internal import Suppliers

/// Something about the donated disks that a person has to mend.
enum SupplierAlert: Hashable, Sendable {
    /// A directory that could not be opened.
    case closed(path: String, reason: String)
    case gone(path: String, reason: String)
    case failing(path: String, reason: String)
    /// A bucket that does not answer at the moment.
    case silent(path: String, reason: String)
    /// The disks have no room although the donation has.
    case full(path: String, room: Int)
    /// What is stored is more than is donated: nothing new is taken.
    case overfull(used: Int, donated: Int)
    /// Others of the network tried to come here.
    case unreachable(port: UInt16, asked: Int)

    /// Stable, for manuals and scripts.
    var code: String {
        switch self {
        case .closed: "BD-DISK-CLOSED"
        case .gone: "BD-DISK-GONE"
        case .failing: "BD-DISK-FAILING"
        case .silent: "BD-BUCKET-SILENT"
        case .full: "BD-DISK-FULL"
        case .overfull: "BD-DONATION-OVERFULL"
        case .unreachable: "BD-PORT-CLOSED"
        }
    }

    var message: String {
        switch self {
        case .closed(let path, let reason): "\(path) cannot be used: \(reason)"
        case .gone(let path, let reason): "the disk of \(path) is gone: \(reason)"
        case .failing(let path, let reason): "the disk of \(path) takes nothing new: \(reason)"
        case .silent(let path, let reason): "\(path) cannot be used now: \(reason)"
        case .full(let path, let room): "the disk of \(path) is full: \(room) bytes are left"
        case .overfull(let used, let donated):
            "\(used) bytes are stored and \(donated) donated: nothing new is taken"
        case .unreachable(let port, let asked):
            "TCP port \(port) cannot be reached: \(countText(asked, "node")) tried"
        }
    }

    var remedy: String {
        switch self {
        case .closed(let path, _):
            "mend \(path) or leave it out: "
                + "`bitdust set services/supplier/donated-paths PATH ...`"
        case .gone: "mount the disk again, then `bitdust services restart supplier`"
        case .failing:
            "look at the system's log and the disk's permissions, "
                + "then `bitdust services restart supplier`"
        case .silent:
            "look after the object storage and the way to it: "
                + "as soon as it answers all goes on by itself"
        case .full: "free space on the disk, or donate less: `bitdust supplier donate SIZE`"
        case .overfull: "donate more: `bitdust supplier donate SIZE`"
        case .unreachable(let port, _):
            "open port \(port) at your router (port forwarding) and firewall, "
                + "or be reached through routers: "
                + "`bitdust set services/proxy-transport/enabled true`"
        }
    }

    var value: APIValue {
        ["code": .text(code), "message": .text(message), "remedy": .text(remedy)]
    }

    /// What the disks of a supplier tell.
    static func all(
        _ disks: SupplierDisks, donated: Int, room roomMin: Int = Limits.supplierRoomMin
    ) -> [SupplierAlert] {
        var alerts = disks.failures.map {
            SupplierAlert.closed(path: $0.path, reason: SupplierAlert.reason($0.error))
        }
        for (slot, condition) in disks.store.examine() {
            switch condition {
            case .gone(let reason): alerts.append(.gone(path: slot.name, reason: reason))
            case .failing(let reason): alerts.append(.failing(path: slot.name, reason: reason))
            case .sound where slot.trouble != nil:
                alerts.append(.silent(path: slot.name, reason: slot.trouble ?? ""))
            case .sound where slot.room < roomMin:
                alerts.append(.full(path: slot.name, room: slot.room))
            case .sound: break
            }
        }
        if let usage = try? disks.store.usage(), usage.used > donated {
            alerts.append(.overfull(used: usage.used, donated: donated))
        }
        return alerts
    }

    /// These alerts, with what buckets do at the moment: nobody is asked for that.
    static func brought(
        _ alerts: [SupplierAlert], upTo disks: SupplierDisks
    ) -> [SupplierAlert] {
        alerts.filter { if case .silent = $0 { false } else { true } }
            + disks.store.slots.compactMap { slot in
                slot.trouble.map { .silent(path: slot.name, reason: $0) }
            }
    }

    static func reason(_ error: any Error) -> String {
        switch error {
        case SupplierDirectoryError.missing: "there is no supplier in it, and there was one"
        case SupplierDirectoryError.notEmpty: "something else is in it"
        case SupplierDirectoryError.damaged(let file): "\(file) is damaged"
        case SupplierDirectoryError.newerVersion: "a newer BitDust has written it"
        case SupplierDirectoryError.disk(let error):
            "\(error.operation.rawValue): error \(error.code)"
        case StoreError.unavailable(let reason): reason
        case ObjectError.untrusted(let reason):
            ObjectError.untrusted(reason: reason).text
                + "; `bitdust set services/supplier/storage-certificates FILE` names an authority"
        case let error as ObjectError: error.text
        case let failure as Failure: failure.message
        default: "\(error)"
        }
    }
}
