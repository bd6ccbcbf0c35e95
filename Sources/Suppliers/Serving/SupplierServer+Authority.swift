internal import Identities
internal import Model

extension SupplierServer {
    /// Decodes a request and holds it against what its peer may do.
    func authorised(
        _ header: [UInt8], payloadByteCount: Int, from peer: PeerIdentity
    ) throws(Refusal) -> SupplierRequest {
        let request: SupplierRequest
        do {
            request = try SupplierRequest(header)
        } catch {
            throw .malformed(field: "request")
        }
        guard payloadByteCount == request.call.payloadByteCount ?? payloadByteCount,
            payloadByteCount <= request.call.payloadByteCountMax
        else { throw .malformed(field: "payload") }
        guard rules.isDeviceValid(peer.user, peer.device) else {
            throw .refused(.unknownDevice(peer.device))
        }
        if request.owner != peer.user {
            guard let (access, fragments) = request.call.grantable,
                request.grant.isEmpty == false,
                rules.grants.allows(
                    access, to: peer, fragments: fragments, of: request.owner,
                    grant: request.grant)
            else {
                // As if there were no such customer: nobody learns who is one.
                throw .refused(.unknownCustomer(request.owner))
            }
        }
        do throws(StoreError) {
            try checkSigners(request)
        } catch {
            throw .refused(error)
        }
        return request
    }

    /// Whose things a request brings, and whether the devices that signed them still count.
    private func checkSigners(_ request: SupplierRequest) throws(StoreError) {
        switch request.call {
        case .put(let headers):
            for header in headers {
                guard header.owner == request.owner else { throw .unknownCustomer(header.owner) }
                try checkDevice(header.device, of: request.owner)
            }
        case .propose(let contract):
            guard contract.owner == request.owner else { throw .unknownCustomer(contract.owner) }
            try checkDevice(contract.device, of: request.owner)
        default: break
        }
    }

    func checkDevice(_ device: DeviceID, of owner: UserID) throws(StoreError) {
        guard rules.isDeviceValid(owner, device) else { throw .unknownDevice(device) }
    }

    /// Refuses fragments that the contract has no room or no time for.
    func checkRoom(_ headers: [FragmentHeader], of owner: UserID) throws(Refusal) {
        do throws(StoreError) {
            try checkTerm(of: owner)
            let here = try store.has(headers.map(\.fragment), of: owner)
            var need = 0
            for (header, isHere) in zip(headers, here) where !isHere {
                need += RecordHeader.length(for: header) + header.length
            }
            let available = try store.usage(of: owner).available
            guard need <= available else {
                throw .quotaExceeded(need: need, available: available)
            }
        } catch {
            throw .refused(error)
        }
    }

    func checkTerm(of owner: UserID) throws(StoreError) {
        if let refusal = rules.refusal(owner) { throw refusal }
        guard let contract = try store.contract(of: owner) else {
            throw .unknownCustomer(owner)
        }
        // One that both have not signed was made before there was such a thing: it is renewed.
        guard contract.sequence > 0 else { throw .unknownCustomer(owner) }
        guard !contract.isEnded(at: serviceTime.seconds) else { throw .contractEnded }
    }
}

extension SupplierRequest.Call {
    /// What a grant of the owner may open to others; `nil` for what is the owner's alone.
    var grantable: (SupplierAccess, [FragmentID])? {
        switch self {
        case .get(let fragment, _, _, _), .header(let fragment): (.read, [fragment])
        case .has(let fragments): (.read, fragments)
        case .list: (.list, [])
        case .heads: (.heads, [])
        case .tombstone(let order): (.tombstone, order.fragments)
        case .audit(let challenge): (.audit, [challenge.fragment])
        case .scrub(let fragments): (.audit, fragments)
        case .put(let headers): (.put, headers.map(\.fragment))
        case .usage: (.usage, [])
        case .contract, .propose, .putHead, .keep, .offer, .revoke: nil
        }
    }

    /// Bytes that must follow; `nil` where any number may.
    var payloadByteCount: Int? {
        switch self {
        case .put(let headers): headers.reduce(0) { $0 + $1.length }
        case .putHead: nil
        default: 0
        }
    }

    var payloadByteCountMax: Int {
        switch self {
        case .put: Limits.groupCommitCountMax * Limits.fragmentLengthMax
        case .putHead: Limits.headLengthMax
        default: 0
        }
    }
}
