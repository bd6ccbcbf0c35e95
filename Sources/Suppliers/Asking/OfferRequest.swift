internal import Identities
package import Model

extension SupplierOffer {
    /// Asks who is at the other end of a channel, and what it would take.
    ///
    /// - Parameter user: who must be the node's.
    /// - Returns: the offer, and the contract in force with `caller`.
    /// - Throws: ``StoreError/lied(_:)`` unless the supplier and a device of `user` have signed.
    package static func ask(
        _ channel: any RequestChannel, of user: UserID, as caller: UserID, deadline: UInt64
    ) throws(StoreError) -> (offer: SupplierOffer, contract: Contract?) {
        let answer: ChannelAnswer
        do {
            answer = try channel.exchange(
                ChannelRequest(
                    header: SupplierRequest(owner: caller, .offer).encoded(),
                    deadline: deadline), into: nil)
        } catch {
            throw StoreError(error)
        }
        return try read(answer.header, of: user, as: caller)
    }

    /// Reads the answer to that question.
    package static func read(
        _ header: [UInt8], of user: UserID, as caller: UserID
    ) throws(StoreError) -> (offer: SupplierOffer, contract: Contract?) {
        let response: SupplierResponse
        do {
            response = try SupplierResponse(header)
        } catch {
            throw .lied(.malformed(error))
        }
        if case .refused(let reason) = response { throw reason }
        guard case .offer(let offer, let contract) = response, offer.node?.userID == user else {
            throw .lied(.wrongAnswer(field: "offer"))
        }
        guard contract?.isSound(of: caller, at: offer.supplier) != false else {
            throw .lied(.wrongContract)
        }
        return (offer, contract)
    }
}
