internal import Hashing
internal import Identities
internal import Model
internal import Synchronization

extension SupplierServer {
    typealias Room = (Int) -> UnsafeMutableRawBufferPointer?

    /// Does what an authorised request asks.
    ///
    /// - Returns: the answer, and the bytes of its payload.
    func perform(
        _ request: SupplierRequest, payload: [PayloadPart], isByOwner: Bool, room: Room
    ) throws(Refusal) -> (SupplierResponse, Int) {
        if case .put(let headers) = request.call {
            return (try put(headers, payload, of: request.owner, isByOwner: isByOwner), 0)
        }
        do throws(StoreError) {
            switch request.call {
            case .get(let fragment, let range, let byteCount, wantsProof: true):
                return try getProved(
                    fragment, of: request.owner, range: range, byteCount: byteCount, room)
            case .get(let fragment, let range, let byteCount, wantsProof: false):
                guard let target = room(range?.count ?? byteCount) else {
                    throw .invalid(field: "range")
                }
                let count = try store.get(fragment, of: request.owner, range: range, into: target)
                return (.bytes(proof: []), count)
            case .heads(let skip, let bytes):
                return try heads(of: request.owner, skip: skip, bytes: bytes, room)
            case .audit(let challenge):
                return try audit(challenge, of: request.owner, room)
            case .putHead:
                return (try putHead(payload, of: request.owner), 0)
            default:
                return (try performPlain(request), 0)
            }
        } catch {
            throw .refused(error)
        }
    }

    /// Calls without payload on either side.
    private func performPlain(
        _ request: SupplierRequest
    ) throws(StoreError) -> SupplierResponse {
        let owner = request.owner
        switch request.call {
        case .contract: return .contract(try store.contract(of: owner))
        case .propose(let contract):
            return try agreeing.withLock { (_) throws(StoreError) in
                .contract(try agree(to: contract))
            }
        case .header(let fragment): return .header(try store.header(of: fragment, of: owner))
        case .has(let fragments): return .flags(try store.has(fragments, of: owner))
        case .scrub(let fragments): return .flags(try store.scrub(fragments, of: owner))
        case .list(let after, let limit):
            return .records(try store.list(of: owner, after: after, limit: limit))
        case .usage:
            // Who has no contract yet may look at the donation before proposing one.
            let own = try store.contract(of: owner) == nil ? nil : try store.usage(of: owner)
            return .usage(
                StoreStanding(
                    store: try store.usage(),
                    customer: own ?? CustomerUsage(quota: 0, charged: 0),
                    end: rules.leavingUntil()))
        case .tombstone(let order):
            try tombstone(order, of: owner)
            return .done
        case .keep(let fragments):
            try holds?.remove(fragments, of: owner)
            return .done
        case .revoke(let serials):
            guard try store.contract(of: owner) != nil else { throw .unknownCustomer(owner) }
            try rules.grants.revoke(serials, of: owner)
            return .done
        case .offer:
            guard let offer = rules.offer() else { throw .unavailable(reason: "no offer") }
            return .offer(offer, try store.contract(of: owner))
        case .put, .get, .heads, .audit, .putHead:
            preconditionFailure("calls with payload are done elsewhere")
        }
    }

    // MARK: Contracts

    private func agree(to proposal: Contract) throws(StoreError) -> Contract {
        if let kept = try store.contract(of: proposal.owner) {
            if kept.hasTerms(of: proposal), kept.isSignedBySupplier { return kept }
            guard kept.sequence < proposal.sequence else {
                throw .staleContract(newest: kept.sequence)
            }
        }
        let quotaMax = rules.quotaMax(proposal.owner)
        guard proposal.quota <= quotaMax else { throw .contractRefused(quotaMax: quotaMax) }
        return try store.admit(proposal.taken(at: serviceTime.seconds))
    }

    // MARK: Fragments

    /// - Parameter isByOwner: an owner's bytes are its own affair; anybody else's must be those
    ///   that the owner has signed the root of.
    private func put(
        _ headers: [FragmentHeader], _ payload: [PayloadPart], of owner: UserID, isByOwner: Bool
    ) throws(Refusal) -> SupplierResponse {
        var uploads: [FragmentUpload] = []
        var parts = payload[...]
        for header in headers {
            guard let part = parts.takeFirst(header.length) else {
                throw .malformed(field: "payload")
            }
            uploads.append(
                FragmentUpload(header: header, payload: part.buffer, range: part.range))
        }
        do throws(StoreError) {
            try checkTerm(of: owner)
            for upload in uploads where !isByOwner {
                let bytes = UnsafeRawBufferPointer(upload.payload[upload.range])
                guard FragmentID(BLAKE3.hash(bytes.bytes)) == upload.header.fragment else {
                    throw .invalid(field: "root")
                }
            }
            return .receipts(try store.put(uploads))
        } catch {
            throw .refused(error)
        }
    }

    private func getProved(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?, byteCount: Int, _ room: Room
    ) throws(StoreError) -> (SupplierResponse, Int) {
        let whole = try WholeFragment(fragment, of: owner, in: store)
        let range = range ?? 0..<whole.length
        let proof = try whole.proof(of: range)
        guard range.count <= byteCount, let target = room(range.count),
            target.count >= range.count
        else { throw .invalid(field: "range") }
        target.copyMemory(from: UnsafeRawBufferPointer(whole.buffer[range]))
        return (.bytes(proof: proof), range.count)
    }

    private func audit(
        _ challenge: AuditChallenge, of owner: UserID, _ room: Room
    ) throws(StoreError) -> (SupplierResponse, Int) {
        let whole = try WholeFragment(challenge.fragment, of: owner, in: store)
        var proofs: [[UInt8]] = []
        for range in challenge.ranges { proofs.append(try whole.proof(of: range)) }
        guard challenge.byteCount <= whole.length, let target = room(challenge.byteCount),
            target.count >= challenge.byteCount
        else { throw .invalid(field: "ranges") }
        var offset = 0
        for range in challenge.ranges {
            UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + range.count])
                .copyMemory(from: UnsafeRawBufferPointer(whole.buffer[range]))
            offset += range.count
        }
        do {
            let answer = try AuditAnswer(
                to: challenge, proofs: proofs,
                payload: UnsafeRawBufferPointer(rebasing: target[..<offset]), signedBy: key)
            return (.audit(answer), offset)
        } catch {
            throw .failed(operation: "sign", errno: -1)
        }
    }

    // MARK: Heads

    private func putHead(
        _ payload: [PayloadPart], of owner: UserID
    ) throws(StoreError) -> SupplierResponse {
        guard let head = try? Head(payload.flatMap { Array($0.bytes) }) else {
            throw .invalid(field: "head")
        }
        guard head.owner == owner else { throw .unknownCustomer(head.owner) }
        try checkDevice(head.device, of: owner)
        try store.putHead(head)
        return .done
    }

    private func heads(
        of owner: UserID, skip: Int, bytes: Int, _ room: Room
    ) throws(StoreError) -> (SupplierResponse, Int) {
        let heads = try store.heads(of: owner)
        var lengths: [Int] = []
        var encoded: [UInt8] = []
        for head in heads.dropFirst(skip) {
            let next = head.encoded()
            guard encoded.count + next.count <= bytes else { break }
            encoded += next
            lengths.append(next.count)
        }
        let page = HeadsPage(total: heads.count, lengths: lengths)
        guard !encoded.isEmpty else { return (.heads(page), 0) }
        guard let target = room(encoded.count), target.count >= encoded.count else {
            throw .invalid(field: "room")
        }
        target.copyBytes(from: encoded)
        return (.heads(page), encoded.count)
    }

    // MARK: Tombstones

    private func tombstone(_ order: TombstoneOrder, of owner: UserID) throws(StoreError) {
        try performDueTombstones()
        guard let contract = try store.contract(of: owner) else { throw .unknownCustomer(owner) }
        if order.rootSignature != nil {
            guard let identity = IdentityPublicKey(contract.identityKey),
                order.isSigned(by: identity, of: owner, at: store.supplier)
            else { throw .badSignature }
            try holds?.remove(order.fragments, of: owner)
        } else if let holds, holds.hold > 0 {
            try holds.add(order.fragments, of: owner)
            return
        }
        try store.tombstone(order.fragments, of: owner)
    }
}

/// A fragment in memory with its tree, to prove parts of it.
private struct WholeFragment {
    let buffer: PageBuffer
    let length: Int
    private let tree: FragmentTree

    init(
        _ fragment: FragmentID, of owner: UserID, in store: any FragmentStore
    ) throws(StoreError) {
        length = try store.header(of: fragment, of: owner).length
        buffer = PageBuffer(byteCount: max(1, length))
        _ = try store.get(fragment, of: owner, range: nil, into: buffer.bytes)
        tree = FragmentTree(UnsafeRawBufferPointer(buffer[0..<length]).bytes)
    }

    /// An encoded ``RangeProof``.
    func proof(of range: Range<Int>) throws(StoreError) -> [UInt8] {
        guard RangeProof.canProve(range, length: length) else { throw .invalid(field: "range") }
        let covering = buffer[tree.coveringRange(of: range)]
        do {
            return try tree.proof(
                of: range, in: UnsafeRawBufferPointer(covering).bytes
            ).encoded()
        } catch {
            throw .invalid(field: "range")
        }
    }
}

extension ArraySlice<PayloadPart> {
    /// Takes the next `byteCount` bytes; `nil` unless they lie in one part.
    fileprivate mutating func takeFirst(_ byteCount: Int) -> PayloadPart? {
        guard let part = popFirst(), part.range.count >= byteCount else { return nil }
        let end = part.range.lowerBound + byteCount
        if end < part.range.upperBound {
            insert(PayloadPart(part.buffer, end..<part.range.upperBound), at: startIndex)
        }
        return PayloadPart(part.buffer, part.range.lowerBound..<end)
    }
}
