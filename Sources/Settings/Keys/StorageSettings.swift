/// What a customer asks for.
package enum CustomerSettings {
    package static let neededSpace = Setting.diskSpace(
        "services/customer/needed-space", .megabytes(256), min: .megabytes(32),
        "room that you need at your suppliers, all together")
    package static let suppliersNumber = Setting.selection(
        "services/customer/suppliers-number", "2", of: ["2", "4", "7", "13", "18", "26", "64"],
        "how many suppliers keep your data")
    package static let replacesOffline = Setting.boolean(
        "services/employer/replace-critically-offline-enabled", true,
        "replace a supplier that is away for long")
    package static let candidates = Setting.words(
        "services/employer/candidates",
        "places of suppliers to hire, HOST or HOST:PORT; empty: suppliers that the network shows")
    package static let graceHours = Setting.integer(
        "services/rebuilding/grace-hours", 24, in: 0...87_600,
        "hours of silence after which a supplier counts as gone and what it held is rebuilt")
    package static let roundMinutes = Setting.integer(
        "services/rebuilding/round-minutes", 60, in: 1...10_080,
        "minutes between two rounds of questions, audits and rebuilding")
    package static let requestQueue = Setting.integer(
        "services/data-motion/supplier-request-queue-size", 4, in: 1...256,
        "requests to one supplier that are under way at the same time")
    package static let sendingQueue = Setting.integer(
        "services/data-motion/supplier-sending-queue-size", 4, in: 1...256,
        "fragments to one supplier that are under way at the same time")
    package static let maxCopies = Setting.integer(
        "services/backups/max-copies", 2, in: 0...1_000_000,
        "snapshots of one folder that are kept; 0: all")

    static let all = [
        neededSpace.definition, suppliersNumber.definition, replacesOffline.definition,
        candidates.definition, graceHours.definition, roundMinutes.definition,
        requestQueue.definition, sendingQueue.definition,
        maxCopies.definition,
    ]
}

/// What who rebuilds for others gives.
package enum RebuilderSettings {
    package static let graceHours = Setting.integer(
        "services/rebuilder/grace-hours", 24, in: 0...87_600,
        "hours of silence after which a supplier of others counts as gone")
    package static let roundMinutes = Setting.integer(
        "services/rebuilder/round-minutes", 60, in: 1...10_080,
        "minutes between two rounds for those who have granted it")
    package static let rate = Setting.integer(
        "services/rebuilder/rate-mib", 16, in: 1...65_536,
        "how many MiB move each second while it rebuilds for others")

    static let all = [graceHours.definition, roundMinutes.definition, rate.definition]
}

/// What a supplier gives.
package enum SupplierSettings {
    package static let donatedSpace = Setting.diskSpace(
        "services/supplier/donated-space", .gigabytes(8), min: .megabytes(64),
        "disk space that you donate to customers")
    package static let donatedPaths = Setting.words(
        "services/supplier/donated-paths",
        "directories on the disks that you donate, or `s3://BUCKET/PREFIX`, without blanks; empty: "
            + "`supplier` in the home")
    package static let storageEndpoint = Setting.string(
        "services/supplier/storage-endpoint",
        "where the object storage of `s3://` is, `https://HOST:PORT`; empty: Amazon's")
    package static let storageRegion = Setting.string(
        "services/supplier/storage-region", "region of the object storage; empty: us-east-1")
    package static let storageCertificates = Setting.folder(
        "services/supplier/storage-certificates",
        "file of certificates in PEM that the object storage may have; empty: those of the system")
    package static let customerSpaceMax = Setting.diskSpace(
        "services/supplier/customer-space-max", .gigabytes(1 << 20), min: .megabytes(1),
        "what one customer gets at most of the space that you donate")
    package static let isPaused = Setting.boolean(
        "services/supplier/paused", false, "take nothing new for now; what is stored can be read")
    package static let isLeaving = Setting.boolean(
        "services/supplier/leaving", false,
        "take nothing new, and tell customers to move to other suppliers")
    package static let leavingDays = Setting.integer(
        "services/supplier/leaving-days", 30, in: 1...3650,
        "days that a supplier that leaves stays for its customers to move")
    package static let rejected = Setting.words(
        "services/supplier/rejected-customers",
        "ids of users of whom nothing new is taken; what they have stored can be read")
    package static let customerIdleDays = Setting.integer(
        "services/customer-patrol/customer-idle-days", 14, in: 1...36_500,
        "days after which a customer who was not seen is let go")
    package static let initialHours = Setting.integer(
        "services/supplier-contracts/initial-duration-hours", 6, in: 1...8760,
        "hours of the first contract with a new customer")
    package static let raiseFactor = Setting.decimal(
        "services/supplier-contracts/duration-raise-factor", 2, in: 1...100,
        "how many times longer the next contract with a customer is")

    /// What takes effect while the service goes on.
    package static let live: Set<SettingKey> = [
        donatedSpace.key, customerSpaceMax.key, isPaused.key, isLeaving.key, leavingDays.key,
        rejected.key,
    ]

    static let all = [
        donatedSpace.definition, donatedPaths.definition, customerSpaceMax.definition,
        storageEndpoint.definition, storageRegion.definition, storageCertificates.definition,
        isPaused.definition, isLeaving.definition, leavingDays.definition, rejected.definition,
        customerIdleDays.definition, initialHours.definition,
        raiseFactor.definition,
    ]
}
