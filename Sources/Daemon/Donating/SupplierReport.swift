internal import Glibc
internal import Model
internal import Networking
internal import Settings
internal import Suppliers

/// What a supplier holds at a moment, as a value.
struct SupplierReport: Sendable {
    struct Customer: Sendable {
        let contract: Contract
        /// Bytes of what is stored.
        let charged: Int
        let fragmentCount: Int
        let isEnded: Bool
    }

    struct DiskPlace: Sendable {
        let path: String
        /// `sound`, or what is wrong at the moment.
        let condition: String
        let room: Int
        /// Bytes that the directory takes on the disk, as `du` counts, and the bucket.
        let real: Int
    }

    let supplier: SupplierID
    let donation: Donation
    let usage: StoreUsage
    let customers: [Customer]
    let disks: [DiskPlace]
    let counts: ServerCounts
    /// Seconds that it has served, in all its runs.
    let servedSeconds: UInt64

    var real: Int { disks.reduce(0) { $0 + $1.real } }
}

extension RunningSupplier {
    /// Reads disks.
    func report() -> SupplierReport {
        let (store, seconds) = (disks.store, holds.time.seconds)
        let customers = store.contracts.map { contract in
            SupplierReport.Customer(
                contract: contract,
                charged: (try? store.usage(of: contract.owner))?.charged ?? 0,
                fragmentCount: store.fragmentCount(of: contract.owner),
                isEnded: contract.isEnded(at: seconds))
        }
        let none = StoreUsage(capacity: 0, used: 0, tombstoned: 0, fragmentCount: 0)
        return SupplierReport(
            supplier: store.supplier, donation: donation, usage: (try? store.usage()) ?? none,
            customers: customers,
            disks: store.slots.map { slot in
                SupplierReport.DiskPlace(
                    path: slot.name, condition: slot.trouble ?? "\(slot.condition)",
                    room: slot.room,
                    real: DiskUse.length(below: slot.path) + slot.bucketLength)
            }, counts: server.counts, servedSeconds: seconds)
    }

    /// Fragments that their owners have not given up: those whose tombstones wait are needed by
    /// nobody. Reads disks.
    func neededFragmentCount() -> Int {
        disks.store.contracts.reduce(0) { sum, contract in
            let owner = contract.owner
            let waiting = Array(Set((try? holds.waiting(of: owner)) ?? []))
            let here = (try? disks.store.has(waiting, of: owner)) ?? []
            return sum + max(0, disks.store.fragmentCount(of: owner) - here.count { $0 })
        }
    }

    /// Re-reads fragments and holds them against their checksums; reads disks, for long.
    ///
    /// - Returns: how many are sound, and how many are not.
    func verify(_ owner: UserID) throws -> (sound: Int, damaged: Int) {
        var (sound, damaged) = (0, 0)
        var after: FragmentID?
        while true {
            let page = try disks.store.list(
                of: owner, after: after, limit: Limits.groupCommitCountMax)
            guard let last = page.last else { return (sound, damaged) }
            for isSound in try disks.store.scrub(page.map(\.id), of: owner) {
                if isSound { sound += 1 } else { damaged += 1 }
            }
            after = last.id
        }
    }
}

enum DiskUse {
    /// Bytes that directories still take; those on one file system share its room.
    static func room(of slots: [DiskSlot]) -> Int {
        var rooms: [UInt: Int] = [:]
        var buckets = 0
        for slot in slots {
            guard !slot.isBucket else {
                buckets += slot.room
                continue
            }
            var status = stat()
            guard lstat(slot.path, &status) == 0 else { continue }
            let device = UInt(status.st_dev)
            rooms[device] = max(rooms[device] ?? 0, slot.room)
        }
        return rooms.values.reduce(buckets, +)
    }

    /// Bytes that the files below a directory take on the disk, as `du` counts; no link is
    /// followed.
    static func length(below path: String) -> Int {
        var own = stat()
        guard lstat(path, &own) == 0 else { return 0 }
        var sum = Int(own.st_blocks) * 512
        guard own.st_mode & S_IFMT == S_IFDIR else { return sum }
        for name in HomeFile.names(in: path) { sum += length(below: "\(path)/\(name)") }
        return sum
    }
}
