package import Model
internal import Synchronization

/// The tombstones that wait, one file for each order, so that a crash or a restart shortens none.
///
/// Files are `holds/<number>.hold` in the supplier's directory. A file is removed after its
/// tombstones are durable: done twice at worst.
///
/// Thread rules: any thread; calls take turns, but for the tombstones themselves: those are written
/// while nobody waits for it.
package final class HoldLedger: Sendable {
    private struct Entry {
        let number: UInt64
        let owner: UserID
        let due: UInt64
        /// Whether its tombstones are being written.
        var isPerformed = false
    }

    private struct State {
        /// Ascending by number.
        var entries: [Entry] = []
        var nextNumber: UInt64 = 1

        mutating func mark(_ number: UInt64, isPerformed: Bool) {
            guard let index = entries.firstIndex(where: { $0.number == number }) else { return }
            entries[index].isPerformed = isPerformed
        }
    }

    package let time: ServiceTime
    private let files: SmallFiles
    private let directory: String
    private let state: Mutex<State>
    /// Nanoseconds of service before a tombstone takes effect.
    package let hold: UInt64

    /// Reads what waits in the supplier's directory. A file that is damaged is left alone: its
    /// fragments stay.
    package init(
        directory: String, time: ServiceTime, hold: UInt64 = Limits.tombstoneHold,
        disk: any Disk = LocalDisk()
    ) throws(StoreError) {
        let files = SmallFiles(disk: disk)
        let place = "\(directory)/holds"
        var state = State()
        do {
            try files.makeDirectory("holds", in: directory)
            for name in try files.names(in: place) {
                guard let number = StoreLayout.holdNumber(name) else { continue }
                state.nextNumber = max(state.nextNumber, number &+ 1)
                let bytes = try files.read("\(place)/\(name)", limit: TombstoneHold.lengthMax + 1)
                guard let hold = try? TombstoneHold(bytes) else { continue }
                state.entries.append(Entry(number: number, owner: hold.owner, due: hold.due))
            }
        } catch {
            throw StoreError(error)
        }
        self.time = time
        self.hold = hold
        self.files = files
        self.directory = place
        self.state = Mutex(state)
    }

    /// Lets tombstones wait, durable on return.
    package func add(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) {
        try time.save(always: true)
        let due = time.served &+ hold
        try state.withLock { (state) throws(StoreError) in
            var left = fragments[...]
            while !left.isEmpty {
                guard state.entries.count(where: { $0.owner == owner }) < Limits.holdCountMax
                else { throw .invalid(field: "hold count") }
                let group = Array(left.prefix(TombstoneHold.fragmentCountMax))
                left = left.dropFirst(group.count)
                let number = state.nextNumber
                state.nextNumber += 1
                try publish(
                    TombstoneHold(owner: owner, due: due, fragments: group), number: number)
                state.entries.append(Entry(number: number, owner: owner, due: due))
            }
        }
    }

    /// Takes tombstones of these fragments back: they stay.
    ///
    /// - Throws: ``StoreError/unavailable(reason:)`` while some of them are being given up.
    package func remove(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) {
        let kept = Set(fragments)
        try state.withLock { (state) throws(StoreError) in
            for entry in state.entries where entry.owner == owner {
                guard let hold = try read(entry.number) else { continue }
                let rest = hold.fragments.filter { !kept.contains($0) }
                if rest.count == hold.fragments.count { continue }
                guard !entry.isPerformed else {
                    throw .unavailable(reason: "they are being given up")
                }
                if rest.isEmpty {
                    try delete(entry.number)
                    state.entries.removeAll { $0.number == entry.number }
                } else {
                    try publish(
                        TombstoneHold(owner: owner, due: hold.due, fragments: rest),
                        number: entry.number)
                }
            }
        }
    }

    /// Does what is due: `perform` writes the tombstones.
    package func performDue(
        _ perform: (TombstoneHold) throws(StoreError) -> Void
    ) throws(StoreError) {
        try time.save()
        let now = time.served
        while let number = takeDue(now) {
            do throws(StoreError) {
                if let hold = try read(number), hold.due <= now { try perform(hold) }
                try state.withLock { (state) throws(StoreError) in
                    try delete(number)
                    state.entries.removeAll { $0.number == number }
                }
            } catch {
                state.withLock { $0.mark(number, isPerformed: false) }
                throw error
            }
        }
    }

    /// The next order that is due, and from now on is being done.
    private func takeDue(_ now: UInt64) -> UInt64? {
        state.withLock { state in
            let next = state.entries.first { $0.due <= now && !$0.isPerformed }
            if let next { state.mark(next.number, isPerformed: true) }
            return next?.number
        }
    }

    /// Fragments of a customer that wait to be given up.
    package func waiting(of owner: UserID) throws(StoreError) -> [FragmentID] {
        try state.withLock { (state) throws(StoreError) in
            var fragments: [FragmentID] = []
            for entry in state.entries where entry.owner == owner {
                fragments += try read(entry.number)?.fragments ?? []
            }
            return fragments
        }
    }

    // MARK: Files

    /// `nil` when the disk has damaged it.
    private func read(_ number: UInt64) throws(StoreError) -> TombstoneHold? {
        do {
            let path = "\(directory)/\(StoreLayout.holdName(number))"
            let bytes = try files.read(path, limit: TombstoneHold.lengthMax + 1)
            return try? TombstoneHold(bytes)
        } catch {
            throw StoreError(error)
        }
    }

    private func publish(_ hold: TombstoneHold, number: UInt64) throws(StoreError) {
        do {
            try files.publish(hold.encoded(), as: StoreLayout.holdName(number), in: directory)
        } catch {
            throw StoreError(error)
        }
    }

    private func delete(_ number: UInt64) throws(StoreError) {
        do {
            try files.disk.remove("\(directory)/\(StoreLayout.holdName(number))")
            try files.disk.syncDirectory(directory)
        } catch {
            throw StoreError(error)
        }
    }
}

extension StoreLayout {
    static func holdName(_ number: UInt64) -> String { "\(hexadecimal(number)).hold" }

    /// The number in a hold's name; `nil` for any other name.
    static func holdNumber(_ name: String) -> UInt64? {
        guard name.utf8.count == 21, name.hasSuffix(".hold"),
            let number = UInt64(name.prefix(16), radix: 16), number > 0, number < .max,
            name == holdName(number)
        else { return nil }
        return number
    }
}
