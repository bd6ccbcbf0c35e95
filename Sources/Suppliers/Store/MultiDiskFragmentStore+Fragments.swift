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
        return try placing.withLock { (_) throws(StoreError) in try place(uploads) }
    }

    /// Those that are there get their receipts again, the others go to one disk together.
    private func place(_ uploads: [FragmentUpload]) throws(StoreError) -> [Receipt] {
        var homes: [FragmentAddress: DiskSlot] = [:]
        var fresh: [FragmentUpload] = []
        for upload in uploads where homes[upload.address] == nil {
            if let slot = try home(of: upload.header.fragment, upload.header.owner) {
                homes[upload.address] = slot
            } else if !fresh.contains(where: { $0.address == upload.address }) {
                fresh.append(upload)
            }
        }
        var receipts: [FragmentAddress: Receipt] = [:]
        for slot in slots {
            let known = uploads.filter { homes[$0.address] === slot }
            for (upload, receipt) in zip(known, try slot.store.put(known)) {
                receipts[upload.address] = receipt
            }
        }
        for (upload, receipt) in zip(fresh, try store(fresh)) {
            receipts[upload.address] = receipt
        }
        return uploads.map { receipts[$0.address]! }
    }

    /// Puts what is nowhere yet on the disk with the most room that takes it.
    private func store(_ fresh: [FragmentUpload]) throws(StoreError) -> [Receipt] {
        guard !fresh.isEmpty else { return [] }
        try checkRoom(for: fresh)
        let places = slots.filter(\.isWritable).map { ($0, $0.room) }.sorted { $1.1 < $0.1 }
        var failure = StoreError.readOnly
        for (slot, _) in places {
            do throws(StoreError) {
                return try slot.store.put(fresh)
            } catch {
                failure = error
                guard slot.note(error) else { throw error }
            }
        }
        throw failure
    }

    private func checkRoom(for fresh: [FragmentUpload]) throws(StoreError) {
        var needs: [UserID: Int] = [:]
        for upload in fresh { needs[upload.header.owner, default: 0] += upload.recordLength }
        for upload in fresh {
            let need = needs[upload.header.owner] ?? 0
            let available = try usage(of: upload.header.owner).available
            guard need <= available else {
                throw .quotaExceeded(need: need, available: available)
            }
        }
        let need = needs.values.reduce(0, +)
        let usage = try usage()
        let available = max(0, usage.capacity - usage.used)
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
