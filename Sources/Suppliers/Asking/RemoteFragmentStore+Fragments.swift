internal import Hashing
internal import Identities
package import Model

extension RemoteFragmentStore {
    /// A group that is longer than the channel takes at once goes in several requests, each of them
    /// all or nothing.
    package func put(_ uploads: [FragmentUpload]) throws(StoreError) -> [Receipt] {
        guard uploads.count <= Limits.groupCommitCountMax else {
            throw .invalid(field: "upload count")
        }
        for upload in uploads {
            if let flaw = upload.flaw { throw flaw }
        }
        guard let owner = uploads.first?.header.owner else {
            try checkOpen()
            return []
        }
        var receipts: [Receipt] = []
        var left = uploads[...]
        while !left.isEmpty {
            let group = left.prefixFitting(channel.payloadByteCountMax)
            left = left.dropFirst(group.count)
            receipts += try putGroup(Array(group), of: owner)
        }
        return receipts
    }

    private func putGroup(
        _ uploads: [FragmentUpload], of owner: UserID
    ) throws(StoreError) -> [Receipt] {
        let response = try askPlain(
            .put(uploads.map(\.header)), of: owner,
            payload: uploads.map { PayloadPart($0.payload, $0.range) })
        guard case .receipts(let receipts) = response, receipts.count == uploads.count else {
            throw .lied(.wrongAnswer(field: "receipts"))
        }
        for (upload, receipt) in zip(uploads, receipts) {
            let header = upload.header
            guard receipt.supplier == supplier, receipt.owner == header.owner,
                receipt.fragment == header.fragment, receipt.length == header.length,
                receipt.isSigned
            else { throw .lied(.wrongReceipt(header.fragment)) }
        }
        return receipts
    }

    package func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        try get(
            fragment, of: owner, range: range, into: target, cancellation: RequestCancellation())
    }

    package func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer, cancellation: RequestCancellation
    ) throws(StoreError) -> Int {
        if let range {
            guard range.lowerBound >= 0, range.upperBound <= Limits.fragmentLengthMax,
                target.count >= range.count
            else { throw .invalid(field: "range") }
        }
        let byteCount = min(range?.count ?? target.count, Limits.fragmentLengthMax)
        let room = UnsafeMutableRawBufferPointer(rebasing: target[..<byteCount])
        let call = SupplierRequest.Call.get(
            fragment, range: range, room: byteCount, wantsProof: false)
        let (response, count) = try ask(call, of: owner, into: room, cancellation: cancellation)
        guard case .bytes = response else { throw .lied(.wrongAnswer(field: "bytes")) }
        guard range == nil || count == byteCount else {
            throw .lied(.wrongLength(have: count, need: byteCount))
        }
        if range == nil {
            let found = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<count])
            guard BLAKE3.hash(found.bytes) == fragment.bytes else {
                throw .lied(.wrongBytes(fragment))
            }
        }
        return count
    }

    /// Reads a part of a fragment and proves it against the fragment id.
    ///
    /// - Parameter range: whole leaves of 1 KiB; the last one may end with the fragment.
    /// - Parameter length: bytes of the fragment, as the owner knows them.
    package func getProved(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>, length: Int,
        into target: UnsafeMutableRawBufferPointer,
        cancellation: RequestCancellation = RequestCancellation()
    ) throws(StoreError) {
        guard RangeProof.canProve(range, length: length), target.count >= range.count else {
            throw .invalid(field: "range")
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: target[..<range.count])
        let call = SupplierRequest.Call.get(
            fragment, range: range, room: range.count, wantsProof: true)
        let (response, count) = try ask(call, of: owner, into: room, cancellation: cancellation)
        guard case .bytes(let bytes) = response, let proof = try? RangeProof(decoding: bytes)
        else { throw .lied(.wrongAnswer(field: "proof")) }
        let found = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<count])
        do {
            try proof.authenticate(
                found.bytes, as: range, length: length, root: fragment.bytes)
        } catch {
            throw .lied(.wrongBytes(fragment))
        }
    }

    /// The header says itself which device has signed it. Whether that device is the owner's is for
    /// who reads the sealed descriptor: nobody else can seal one.
    package func header(
        of fragment: FragmentID, of owner: UserID
    ) throws(StoreError) -> FragmentHeader {
        guard case .header(let header) = try askPlain(.header(fragment), of: owner),
            header.fragment == fragment, header.owner == owner, header.isSigned
        else { throw .lied(.wrongAnswer(field: "header")) }
        return header
    }

    package func has(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        try flags(fragments, of: owner) { .has($0) }
    }

    package func scrub(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(StoreError) -> [Bool] {
        try flags(fragments, of: owner) { .scrub($0) }
    }

    private func flags(
        _ fragments: [FragmentID], of owner: UserID,
        _ call: ([FragmentID]) -> SupplierRequest.Call
    ) throws(StoreError) -> [Bool] {
        var flags: [Bool] = []
        repeat {
            let group = Array(
                fragments[flags.count...].prefix(Limits.messageFragmentCountMax))
            guard case .flags(let found) = try askPlain(call(group), of: owner),
                found.count == group.count
            else { throw .lied(.wrongAnswer(field: "flags")) }
            flags += found
        } while flags.count < fragments.count
        return flags
    }

    package func list(
        of owner: UserID, after: FragmentID?, limit: Int
    ) throws(StoreError) -> [FragmentRecord] {
        var records: [FragmentRecord] = []
        while true {
            let count = min(max(0, limit - records.count), Limits.messageFragmentCountMax)
            let last = records.last?.id ?? after
            guard
                case .records(let page) = try askPlain(
                    .list(after: last, limit: count), of: owner),
                page.count <= count, RemoteFragmentStore.isAscending(page, after: last)
            else { throw .lied(.wrongAnswer(field: "list")) }
            records += page
            if page.count < count || records.count >= limit { return records }
        }
    }

    private static func isAscending(_ page: [FragmentRecord], after: FragmentID?) -> Bool {
        var last = after
        for record in page {
            guard record.length > 0, record.length % Limits.pageLength == 0 else { return false }
            if let last, record.id <= last { return false }
            last = record.id
        }
        return true
    }
}

extension FragmentHeader {
    /// Whether the device that it names has signed it.
    package var isSigned: Bool {
        guard let key = DevicePublicKey(device.bytes), let signature = Signature(signature) else {
            return false
        }
        return key.isValid(signature, of: signedBytes, for: .fragmentHeader)
    }
}

extension ArraySlice<FragmentUpload> {
    /// As many from the start as fit, at least one.
    fileprivate func prefixFitting(_ byteCountMax: Int) -> Self {
        var (byteCount, headerLength) = (0, 0)
        var end = startIndex
        for index in indices {
            byteCount += self[index].range.count
            headerLength += self[index].header.sealedDescriptor.count + 512
            let isTooLong =
                byteCount > byteCountMax || headerLength > Limits.sessionHeaderLengthMax
            if isTooLong, index > startIndex { break }
            end = index + 1
        }
        return self[startIndex..<end]
    }
}
