package import Model
internal import Synchronization

extension MultiDiskFragmentStore {
    package func put(_ uploads: [FragmentUpload]) throws(StoreError) -> [Receipt] {
        try checkOpen()
        guard uploads.count <= Limits.groupCommitCountMax else {
            throw .invalid(field: "upload count")
        }
        for upload in uploads {
            if let flaw = upload.flaw { throw flaw }
        }
        for _ in 0..<Limits.putWaitCountMax {
            switch try placing.withLock({ (underWay) throws(StoreError) in
                try plan(uploads, &underWay)
            }) {
            case .perform(let plan): return try perform(plan, uploads)
            // The same fragment is on its way to this disk: its turn decides whether it gets there.
            case .wait(let slot): slot.store.waitForTurn()
            }
        }
        throw .busy
    }

    private enum Decision {
        case perform(PutPlan)
        case wait(DiskSlot)
    }

    /// Those that are there get their receipts again, the others go to one disk together.
    private struct PutPlan {
        var homes: [FragmentAddress: DiskSlot] = [:]
        var fresh: [FragmentUpload] = []
        /// Disks for the fresh ones, the best first; their bytes are reserved on the first.
        var places: ArraySlice<DiskSlot> = []
        var needs: [UserID: Int] = [:]
    }

    private func plan(
        _ uploads: [FragmentUpload], _ underWay: inout PutsUnderWay
    ) throws(StoreError) -> Decision {
        var plan = PutPlan()
        for upload in uploads where plan.homes[upload.address] == nil {
            if let slot = try home(of: upload.header.fragment, upload.header.owner) {
                plan.homes[upload.address] = slot
            } else if let slot = underWay.places[upload.address] {
                return .wait(slot)
            } else if !plan.fresh.contains(where: { $0.address == upload.address }) {
                plan.fresh.append(upload)
                plan.needs[upload.header.owner, default: 0] += upload.recordLength
            }
        }
        guard !plan.fresh.isEmpty else { return .perform(plan) }
        // A bucket that does not answer is the last to be asked.
        let places = slots.filter(\.isWritable).map { ($0, $0.trouble == nil ? $0.room : -1) }
        plan.places = places.sorted { $1.1 < $0.1 }.map(\.0)[...]
        try reserve(plan, &underWay)
        return .perform(plan)
    }

    /// Promises room on the first of the plan's disks.
    private func reserve(
        _ plan: PutPlan, _ underWay: inout PutsUnderWay
    ) throws(StoreError) {
        try checkRoom(for: plan.needs)
        guard let slot = plan.places.first else { throw .readOnly }
        slot.store.ledger.withLock { $0.reserve(plan.needs) }
        for upload in plan.fresh { underWay.places[upload.address] = slot }
    }

    private func perform(
        _ plan: PutPlan, _ uploads: [FragmentUpload]
    ) throws(StoreError) -> [Receipt] {
        var receipts: [FragmentAddress: Receipt] = [:]
        if !plan.fresh.isEmpty {
            defer { placing.withLock { $0.end(plan.fresh) } }
            for (upload, receipt) in zip(plan.fresh, try store(plan)) {
                receipts[upload.address] = receipt
            }
        }
        for slot in slots {
            let known = uploads.filter { plan.homes[$0.address] === slot }
            guard !known.isEmpty else { continue }
            for (upload, receipt) in zip(known, try slot.store.put(known)) {
                receipts[upload.address] = receipt
            }
        }
        return uploads.map { receipts[$0.address]! }
    }

    /// Puts what is nowhere yet on the disk with the most room that takes it.
    private func store(_ plan: PutPlan) throws(StoreError) -> [Receipt] {
        var plan = plan
        while true {
            let slot = plan.places.removeFirst()
            do throws(StoreError) {
                return try slot.store.put(plan.fresh, reserved: plan.needs)
            } catch {
                guard slot.note(error), !plan.places.isEmpty else { throw error }
            }
            try placing.withLock { (underWay) throws(StoreError) in
                try reserve(plan, &underWay)
            }
        }
    }

    /// Refuses what the contracts or the donation have no room for besides what is under way.
    private func checkRoom(for needs: [UserID: Int]) throws(StoreError) {
        for (owner, need) in needs.sorted(by: { $0.key.bytes < $1.key.bytes }) {
            guard let quota = try contract(of: owner)?.quota else { throw .unknownCustomer(owner) }
            let taken = readable.reduce(0) { $0 + $1.store.taken(by: owner) }
            let available = max(0, quota - taken)
            guard need <= available else {
                throw .quotaExceeded(need: need, available: available)
            }
        }
        let need = needs.values.reduce(0, +)
        let available = max(0, freeLength)
        guard need <= available else {
            throw .capacityExceeded(need: need, available: available)
        }
    }

    /// The disk that has a sound copy.
    private func home(of fragment: FragmentID, _ owner: UserID) throws(StoreError) -> DiskSlot? {
        guard try contract(of: owner) != nil else { throw .unknownCustomer(owner) }
        for slot in readable {
            if (try? slot.store.has([fragment], of: owner)) == [true] { return slot }
        }
        return nil
    }

    // MARK: Reading

    package func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        try onFirst(of: owner) { (store) throws(StoreError) in
            try store.get(fragment, of: owner, range: range, into: target)
        }
    }

    package func header(
        of fragment: FragmentID, of owner: UserID
    ) throws(StoreError) -> FragmentHeader {
        try onFirst(of: owner) { (store) throws(StoreError) in
            try store.header(of: fragment, of: owner)
        }
    }

    /// What the first disk says that has the fragment; where none has, why the last one has not.
    private func onFirst<Value>(
        of owner: UserID, _ body: (DiskFragmentStore) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        guard try contract(of: owner) != nil else { throw .unknownCustomer(owner) }
        var failure = StoreError.notFound
        for slot in readable {
            do throws(StoreError) {
                return try body(slot.store)
            } catch {
                switch error {
                case .notFound, .unknownCustomer: break
                default:
                    _ = slot.note(error)
                    failure = error
                }
            }
        }
        throw failure
    }

    package func has(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        guard try contract(of: owner) != nil else { throw .unknownCustomer(owner) }
        var found = [Bool](repeating: false, count: fragments.count)
        for slot in readable {
            guard
                let here = answer(
                    of: slot,
                    { (store) throws(StoreError) in
                        try store.has(fragments, of: owner)
                    })
            else { continue }
            for (index, isHere) in here.enumerated() where isHere { found[index] = true }
        }
        return found
    }

    package func list(
        of owner: UserID, after: FragmentID?, limit: Int
    ) throws(StoreError) -> [FragmentRecord] {
        guard try contract(of: owner) != nil else { throw .unknownCustomer(owner) }
        var found: [FragmentID: FragmentRecord] = [:]
        for slot in readable {
            let records = answer(of: slot) { (store) throws(StoreError) in
                try store.list(of: owner, after: after, limit: limit)
            }
            for record in records ?? [] { found[record.id] = record }
        }
        let sorted = found.values.sorted { $0.id.bytes < $1.id.bytes }
        return Array(sorted.prefix(max(0, limit)))
    }

    /// `nil` from a disk that cannot say, or has nobody's contract yet.
    private func answer<Value>(
        of slot: DiskSlot, _ body: (DiskFragmentStore) throws(StoreError) -> Value
    ) -> Value? {
        do throws(StoreError) {
            return try body(slot.store)
        } catch {
            _ = slot.note(error)
            return nil
        }
    }

    // MARK: Giving up, checking

    package func tombstone(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) {
        guard try contract(of: owner) != nil else { throw .unknownCustomer(owner) }
        try onAll { (store) throws(StoreError) in
            // A disk that came back without the contract has nothing of this customer.
            guard try store.contract(of: owner) != nil else { return }
            try store.tombstone(fragments, of: owner)
        }
    }

    package func scrub(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) -> [Bool] {
        guard try contract(of: owner) != nil else { throw .unknownCustomer(owner) }
        var sound = [Bool](repeating: false, count: fragments.count)
        for slot in readable {
            guard
                let found = answer(
                    of: slot,
                    { (store) throws(StoreError) in
                        try store.scrub(fragments, of: owner)
                    })
            else { continue }
            for (index, isSound) in found.enumerated() where isSound { sound[index] = true }
        }
        return sound
    }

    // MARK: Heads

    package func putHead(_ head: Head) throws(StoreError) {
        try checkOpen()
        if try contract(of: head.owner) != nil {
            let newest = try heads(of: head.owner).first { $0.repository == head.repository }
            if let newest, newest.sequence > head.sequence {
                throw .staleHead(newest: newest.sequence)
            }
        }
        try onAll { (store) throws(StoreError) in try store.putHead(head) }
    }

    package func heads(of owner: UserID) throws(StoreError) -> [Head] {
        guard try contract(of: owner) != nil else { throw .unknownCustomer(owner) }
        var found: [Head] = []
        for slot in readable {
            let heads = answer(of: slot) { (store) throws(StoreError) in
                try store.heads(of: owner)
            }
            for head in heads ?? [] where !found.contains(head) { found.append(head) }
        }
        found.sort { ($1.sequence, $0.repository) < ($0.sequence, $1.repository) }
        // Disks that were away may have older ones than those that are kept.
        var kept: [RepositoryID: Int] = [:]
        return found.filter { head in
            kept[head.repository, default: 0] += 1
            return kept[head.repository]! <= Limits.headsKept
        }
    }
}
