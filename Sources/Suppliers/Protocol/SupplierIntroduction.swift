package import Model

/// What a supplier says of itself to whoever asks: nothing that it must prove, since the contract
/// and every receipt are signed with the key that the id is made of.
package struct SupplierIntroduction: Hashable, Sendable {
    package let supplier: SupplierID
    /// Bytes that it would take a contract for with who asks.
    package let quotaMax: Int

    package init(supplier: SupplierID, quotaMax: Int) {
        self.supplier = supplier
        self.quotaMax = quotaMax
    }

    func encode(into writer: inout ByteWriter) {
        writer.identifier(supplier)
        writer.integer(UInt64(clamping: quotaMax))
    }

    init(from reader: inout ByteReader) throws(FormatError) {
        supplier = try reader.identifier()
        guard let quotaMax = Int(exactly: try reader.integer(UInt64.self)) else {
            throw .invalid(format: reader.format, field: "quota")
        }
        self.quotaMax = quotaMax
    }
}

extension SupplierIntroduction {
    /// Asks who is at the other end of a channel.
    package static func ask(
        _ channel: any RequestChannel, as user: UserID, deadline: UInt64
    ) throws(StoreError) -> SupplierIntroduction {
        let answer: ChannelAnswer
        do {
            answer = try channel.exchange(
                ChannelRequest(
                    header: SupplierRequest(owner: user, .introduce).encoded(),
                    deadline: deadline), into: nil)
        } catch {
            throw StoreError(error)
        }
        do {
            switch try SupplierResponse(answer.header) {
            case .introduction(let words): return words
            case .refused(let reason): throw reason
            default: throw StoreError.lied(.wrongAnswer(field: "introduction"))
            }
        } catch let error as FormatError {
            throw .lied(.malformed(error))
        } catch {
            throw error as? StoreError ?? .lied(.wrongAnswer(field: "introduction"))
        }
    }
}
