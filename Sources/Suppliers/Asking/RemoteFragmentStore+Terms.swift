internal import Identities
package import Model

extension RemoteFragmentStore {
    // MARK: Contracts, usage

    @discardableResult
    package func admit(_ contract: Contract) throws(StoreError) -> Contract {
        guard case .contract(let agreed?) = try askPlain(.propose(contract), of: contract.owner),
            agreed.supplier == supplier, agreed.isSignedBySupplier, agreed.hasTerms(of: contract)
        else { throw .lied(.wrongContract) }
        return agreed
    }

    package func contract(of owner: UserID) throws(StoreError) -> Contract? {
        guard case .contract(let contract) = try askPlain(.contract, of: owner) else {
            throw .lied(.wrongAnswer(field: "contract"))
        }
        guard contract?.isSound(of: owner, at: supplier) != false else {
            throw .lied(.wrongContract)
        }
        return contract
    }

    package func usage() throws(StoreError) -> StoreUsage { try standing(of: user).store }

    package func usage(of owner: UserID) throws(StoreError) -> CustomerUsage {
        try standing(of: owner).customer
    }

    package func standing(of owner: UserID) throws(StoreError) -> StoreStanding {
        guard case .usage(let standing) = try askPlain(.usage, of: owner) else {
            throw .lied(.wrongAnswer(field: "usage"))
        }
        return standing
    }

    /// What the supplier says about itself: signed by its node and by the key that is expected.
    package func offer() throws(StoreError) -> SupplierOffer {
        guard case .offer(let offer, _) = try askPlain(.offer, of: user),
            offer.supplier == supplier, offer.node != nil
        else { throw .lied(.wrongAnswer(field: "offer")) }
        return offer
    }

    // MARK: Heads

    package func putHead(_ head: Head) throws(StoreError) {
        let bytes = head.encoded()
        let buffer = PageBuffer(byteCount: max(1, bytes.count))
        buffer[0..<bytes.count].copyBytes(from: bytes)
        let response = try askPlain(
            .putHead, of: head.owner, payload: [PayloadPart(buffer, 0..<bytes.count)])
        guard case .done = response else { throw .lied(.wrongAnswer(field: "head")) }
    }

    package func heads(of owner: UserID) throws(StoreError) -> [Head] {
        let buffer = PageBuffer(byteCount: HeadsPage.roomMax)
        var heads: [Head] = []
        while true {
            let call = SupplierRequest.Call.heads(skip: heads.count, room: HeadsPage.roomMax)
            let (response, count) = try ask(call, of: owner, into: buffer.bytes)
            guard case .heads(let page) = response,
                page.lengths.reduce(0, +) == count,
                page.total >= heads.count + page.lengths.count
            else { throw .lied(.wrongAnswer(field: "heads")) }
            var offset = 0
            for length in page.lengths {
                guard let head = try? Head(Array(buffer[offset..<offset + length])),
                    head.owner == owner, head.isSigned,
                    heads.last.map({ head.sequence <= $0.sequence }) ?? true
                else { throw .lied(.wrongHead) }
                heads.append(head)
                offset += length
            }
            if heads.count == page.total { return heads }
            guard !page.lengths.isEmpty else { throw .lied(.wrongAnswer(field: "heads")) }
        }
    }

    // MARK: Tombstones

    /// Asks for tombstones; a supplier in the network waits with them
    /// (`Limits.tombstoneHold`) and gives back what is asked for until then.
    package func tombstone(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) {
        var left = fragments[...]
        repeat {
            let group = Array(left.prefix(Limits.messageFragmentCountMax))
            left = left.dropFirst(group.count)
            try perform(TombstoneOrder(group), of: owner)
        } while !left.isEmpty
    }

    /// Asks for tombstones that may have the identity's signature, and are done at once then.
    package func perform(_ order: TombstoneOrder, of owner: UserID) throws(StoreError) {
        guard case .done = try askPlain(.tombstone(order), of: owner) else {
            throw .lied(.wrongAnswer(field: "tombstone"))
        }
    }

    /// Takes back tombstones that wait.
    package func keep(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) {
        var left = fragments[...]
        while !left.isEmpty {
            let group = Array(left.prefix(Limits.messageFragmentCountMax))
            left = left.dropFirst(group.count)
            guard case .done = try askPlain(.keep(group), of: owner) else {
                throw .lied(.wrongAnswer(field: "keep"))
            }
        }
    }

    // MARK: Grants

    /// Says which grants of ours are good no more.
    ///
    /// - Precondition: at most `Limits.revokedGrantCountMax`.
    package func revoke(_ serials: [UInt64], of owner: UserID) throws(StoreError) {
        precondition(serials.count <= Limits.revokedGrantCountMax)
        guard case .done = try askPlain(.revoke(serials), of: owner) else {
            throw .lied(.wrongAnswer(field: "revoke"))
        }
    }

    // MARK: Audits

    /// Has the supplier prove that it has parts of a fragment.
    ///
    /// - Parameter length: bytes of the fragment, as the owner knows them.
    /// - Returns: the signed answer: what shows a lie to others.
    @discardableResult
    package func audit(
        _ challenge: AuditChallenge, of owner: UserID, length: Int
    ) throws(StoreError) -> AuditAnswer {
        let buffer = PageBuffer(byteCount: max(1, challenge.byteCount))
        let room = buffer[0..<challenge.byteCount]
        let (response, count) = try ask(.audit(challenge), of: owner, into: room)
        guard case .audit(let answer) = response, count == challenge.byteCount,
            answer.proves(
                challenge, payload: UnsafeRawBufferPointer(room), length: length,
                supplier: supplier)
        else { throw .lied(.wrongAudit(challenge.fragment)) }
        return answer
    }
}

extension Contract {
    /// Whether it can be the one in force between the two.
    ///
    /// One of the first version has no signatures, and is replaced before it is used.
    func isSound(of owner: UserID, at supplier: SupplierID) -> Bool {
        self.owner == owner
            && (sequence == 0
                || self.supplier == supplier && isSignedByCustomer && isSignedBySupplier)
    }
}

extension Head {
    /// Whether a device has signed it that its owner's identity has certified.
    package var isSigned: Bool {
        guard let certificate = try? DeviceCertificate(decoding: certificate),
            certificate.userID == owner, certificate.device.deviceID == device,
            let signature = Signature(signature)
        else { return false }
        return certificate.device.isValid(signature, of: signedBytes, for: .head)
    }
}
