internal import Catalogs
internal import Identities
package import Model
internal import Synchronization

extension DiskFragmentStore {
    @discardableResult
    package func admit(_ contract: Contract) throws(StoreError) -> Contract {
        try checkWritable()
        let contract = try Member.admitted(contract, by: key)
        let member = try Member(contract)
        return try contractTurn.withLock { (_) throws(StoreError) in
            if let kept = members.withLock({ $0[contract.owner]?.contract }) {
                if kept == contract { return kept }
                guard kept.sequence <= contract.sequence else {
                    throw .staleContract(newest: kept.sequence)
                }
            }
            do throws(DiskError) {
                try SmallFiles(disk: disk).publish(
                    contract.encoded(), as: "\(contract.owner).contract", in: layout.contracts)
            } catch {
                throw StoreError(error)
            }
            members.withLock { $0[contract.owner] = member }
            return contract
        }
    }

    package func contract(of owner: UserID) throws(StoreError) -> Contract? {
        try checkOpen()
        return members.withLock { $0[owner]?.contract }
    }

    package func usage(of owner: UserID) throws(StoreError) -> CustomerUsage {
        try checkOpen()
        let quota = try member(owner).contract.quota
        let usage = ledger.withLock { $0.owners[owner] ?? .zero }
        return CustomerUsage(quota: quota, charged: usage.liveLength + usage.tombstonedLength)
    }
}
