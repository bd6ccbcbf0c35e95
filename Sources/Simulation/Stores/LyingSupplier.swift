internal import Model
package import Suppliers
internal import Synchronization

/// What a supplier that lies does, whatever it is asked: the twelve of threat A1.
package enum Lie: String, CaseIterable, Sendable {
    /// Says nothing.
    case drop
    /// One bit of what it sends is another.
    case bitFlip
    /// Answers with another fragment, another receipt, another order.
    case swapFragments
    /// Answers with what it had answered first.
    case replayOldVersion
    case truncate
    case extend
    /// Sends a part, and the rest too late.
    case slowDrip
    /// Says it has what it has not, and the reverse.
    case lieOnList
    /// Signs, and throws away.
    case acknowledgeThenDelete
    /// Takes everything and answers audits; gives nothing back.
    case answerAuditsOnly
    /// Answers with what is another customer's.
    case wrongOwner
    /// Sends more than any answer may have.
    case hugeFrame
}

/// A supplier that lies: the honest one is behind it, so its answers are as good as a liar can make
/// them, with checksums that hold.
///
/// Thread rules: any thread.
package final class LyingSupplier: RequestChannel {
    package let payloadByteCountMax: Int
    private let honest: any RequestChannel
    private let lie: Lie
    private let memory = Mutex(Memory())

    private struct Memory {
        /// First answer to each kind of call, with its payload.
        var first: [SupplierRequest.Call.Code: Told] = [:]
        /// What it was last asked to give, to give it in the place of another.
        var last: Told?
        var count = 0
    }

    private struct Told {
        var header: [UInt8]
        var payload: [UInt8]
    }

    package init(_ lie: Lie, before honest: any RequestChannel) {
        self.lie = lie
        self.honest = honest
        payloadByteCountMax = honest.payloadByteCountMax
    }

    /// Lies told so far: a test that has met none proves nothing.
    package var count: Int { memory.withLock { $0.count } }

    package func close() { honest.close() }

    package func exchange(
        _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
    ) throws(ChannelError) -> ChannelAnswer {
        guard let asked = try? SupplierRequest(request.header) else {
            return try honest.exchange(request, into: target)
        }
        memory.withLock { $0.count += 1 }
        if lie == .drop { throw .timedOut }
        if lie == .answerAuditsOnly, !LyingSupplier.isTaking(asked.call) {
            return answer(.refused(.notFound))
        }
        let honestAnswer = try honest.exchange(request, into: target)
        if lie == .acknowledgeThenDelete { try forget(asked, request.deadline) }
        let payload = target.map { Array($0[..<max(0, honestAnswer.payloadByteCount)]) } ?? []
        let truth = Told(header: honestAnswer.header, payload: payload)
        let told = try tell(truth, asked: asked)
        let copied = min(told.payload.count, target?.count ?? 0)
        target?.copyBytes(from: told.payload[..<copied])
        if lie == .slowDrip { throw .timedOut }
        if lie == .hugeFrame {
            return ChannelAnswer(header: told.header, payloadByteCount: 1 << 40)
        }
        return ChannelAnswer(header: told.header, payloadByteCount: told.payload.count)
    }

    private static func isTaking(_ call: SupplierRequest.Call) -> Bool {
        switch call {
        case .audit, .put, .putHead, .propose, .contract, .usage: true
        default: false
        }
    }

    private func answer(_ response: SupplierResponse) -> ChannelAnswer {
        ChannelAnswer(header: response.encoded(), payloadByteCount: 0)
    }

    /// Throws away what it has just signed for: its own supplier is asked to.
    private func forget(_ asked: SupplierRequest, _ deadline: UInt64) throws(ChannelError) {
        guard case .put(let headers) = asked.call else { return }
        let order = TombstoneOrder(headers.map(\.fragment))
        let request = SupplierRequest(owner: asked.owner, .tombstone(order))
        _ = try honest.exchange(
            ChannelRequest(header: request.encoded(), deadline: deadline), into: nil)
    }

    private func tell(_ truth: Told, asked: SupplierRequest) throws(ChannelError) -> Told {
        let code = asked.call.code
        let (first, last) = memory.withLock { memory in
            let known = (memory.first[code], memory.last)
            if memory.first[code] == nil { memory.first[code] = truth }
            if !truth.payload.isEmpty { memory.last = truth }
            return known
        }
        var told = truth
        switch lie {
        case .drop, .slowDrip, .acknowledgeThenDelete, .answerAuditsOnly: break
        case .bitFlip:
            if told.payload.isEmpty {
                told.header = LyingSupplier.flipped(told.header)
            } else {
                told.payload[told.payload.count / 2] ^= 4
            }
        case .swapFragments:
            if let last, !truth.payload.isEmpty { told = last }
            told.header = LyingSupplier.changed(told.header) { $0.reversed() }
        case .replayOldVersion: told = first ?? truth
        case .truncate:
            if told.payload.isEmpty { told.header.removeLast() } else { told.payload.removeLast() }
        case .extend:
            if told.payload.isEmpty { told.header.append(0) } else { told.payload.append(0) }
        case .lieOnList:
            told.header = LyingSupplier.changed(told.header) { $0.inverted() }
        case .wrongOwner:
            told.header = LyingSupplier.changed(told.header) { $0.ofAnotherOwner() }
            for index in told.payload.indices { told.payload[index] = UInt8(index & 0x7F) }
        case .hugeFrame:
            told.header += [UInt8](repeating: 0, count: Limits.messageLengthMax)
        }
        return told
    }

    private static func changed(
        _ header: [UInt8], _ change: (SupplierResponse) -> SupplierResponse
    ) -> [UInt8] {
        guard let response = try? SupplierResponse(header) else { return header }
        return change(response).encoded()
    }

    /// Changes a bit in the middle and makes the checksum anew.
    private static func flipped(_ header: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        var bytes = Array(header.dropLast(4))
        bytes[bytes.count / 2] ^= 1
        writer.raw(bytes)
        writer.checksum()
        return writer.bytes
    }
}

extension SupplierResponse {
    fileprivate func reversed() -> SupplierResponse {
        switch self {
        case .receipts(let receipts): .receipts(receipts.reversed())
        case .flags(let flags): .flags(flags.reversed())
        case .records(let records): .records(records.reversed())
        case .heads(let page): page.lengths.count > 1 ? .done : self
        default: self
        }
    }

    fileprivate func inverted() -> SupplierResponse {
        switch self {
        case .flags(let flags): .flags(flags.map { !$0 })
        case .records(let records): .records(Array(records.dropFirst()))
        case .heads: .done
        default: self
        }
    }

    fileprivate func ofAnotherOwner() -> SupplierResponse {
        switch self {
        case .receipts(let receipts):
            .receipts(
                receipts.map { receipt in
                    Receipt(
                        supplier: receipt.supplier, owner: UserID(.zero),
                        fragment: receipt.fragment, length: receipt.length,
                        sequence: receipt.sequence
                    ) { _ in receipt.signature }
                })
        case .header(let header):
            .header(
                FragmentHeader(
                    owner: UserID(.zero), device: header.device, fragment: header.fragment,
                    length: header.length, sealedDescriptor: header.sealedDescriptor
                ) { _ in header.signature })
        default: self
        }
    }
}
