internal import Identities
package import Model

extension SupplierOffer {
    /// Asks who is at the other end of a channel, and what it would take.
    ///
    /// - Parameter user: who must be the node's.
    /// - Throws: ``StoreError/lied(_:)`` unless the supplier and a device of `user` have signed.
    package static func ask(
        _ channel: any RequestChannel, of user: UserID, as caller: UserID, deadline: UInt64
    ) throws(StoreError) -> SupplierOffer {
        let answer: ChannelAnswer
        do {
            answer = try channel.exchange(
                ChannelRequest(
                    header: SupplierRequest(owner: caller, .offer).encoded(),
                    deadline: deadline), into: nil)
        } catch {
            throw StoreError(error)
        }
        let response: SupplierResponse
        do {
            response = try SupplierResponse(answer.header)
        } catch {
            throw .lied(.malformed(error))
        }
        if case .refused(let reason) = response { throw reason }
        guard case .offer(let offer) = response, offer.node?.userID == user else {
            throw .lied(.wrongAnswer(field: "offer"))
        }
        return offer
    }
}
