package import Identities
package import Model
package import Suppliers
internal import Synchronization

/// A store behind the supplier protocol, asked by each customer through a channel of its own: so
/// that tests of stores, which speak for many customers, run over the protocol too.
package final class ServedStore: FragmentStore {
    package let server: SupplierServer
    private let channelOf: @Sendable (SupplierServer, PeerIdentity) -> any RequestChannel
    private let time: any TimeSource
    private let ways = Mutex<[UserID: RemoteFragmentStore]>([:])

    package init(
        _ store: any FragmentStore, key: SupplierKey, rules: SupplierRules = .open,
        time: any TimeSource = ManualTime(), holds: HoldLedger? = nil,
        channelOf: @escaping @Sendable (SupplierServer, PeerIdentity) -> any RequestChannel = {
            LocalChannel(to: $0, as: $1)
        }
    ) {
        server = SupplierServer(store: store, key: key, rules: rules, time: time, holds: holds)
        self.channelOf = channelOf
        self.time = time
    }

    /// The store as one customer sees it.
    package func seen(by user: UserID) -> RemoteFragmentStore {
        ways.withLock { ways in
            if let way = ways[user] { return way }
            let peer = PeerIdentity(user: user, device: DeviceID(user.bytes))
            let way = RemoteFragmentStore(
                supplier: supplier, user: user, channel: channelOf(server, peer), time: time)
            ways[user] = way
            return way
        }
    }

    package var supplier: SupplierID { server.store.supplier }

    package func put(_ uploads: [FragmentUpload]) throws(StoreError) -> [Receipt] {
        try seen(by: uploads.first?.header.owner ?? UserID(.zero)).put(uploads)
    }

    package func get(
        _ fragment: FragmentID, of owner: UserID, range: Range<Int>?,
        into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> Int {
        try seen(by: owner).get(fragment, of: owner, range: range, into: target)
    }

    package func header(
        of fragment: FragmentID, of owner: UserID
    ) throws(StoreError) -> FragmentHeader {
        try seen(by: owner).header(of: fragment, of: owner)
    }

    package func has(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) -> [Bool] {
        try seen(by: owner).has(fragments, of: owner)
    }

    package func scrub(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) -> [Bool] {
        try seen(by: owner).scrub(fragments, of: owner)
    }

    package func list(
        of owner: UserID, after: FragmentID?, limit: Int
    ) throws(StoreError) -> [FragmentRecord] {
        try seen(by: owner).list(of: owner, after: after, limit: limit)
    }

    package func tombstone(_ fragments: [FragmentID], of owner: UserID) throws(StoreError) {
        try seen(by: owner).tombstone(fragments, of: owner)
    }

    package func usage() throws(StoreError) -> StoreUsage {
        try seen(by: UserID(.zero)).usage()
    }

    package func usage(of owner: UserID) throws(StoreError) -> CustomerUsage {
        try seen(by: owner).usage(of: owner)
    }

    package func putHead(_ head: Head) throws(StoreError) {
        try seen(by: head.owner).putHead(head)
    }

    package func heads(of owner: UserID) throws(StoreError) -> [Head] {
        try seen(by: owner).heads(of: owner)
    }

    @discardableResult
    package func admit(_ contract: Contract) throws(StoreError) -> Contract {
        try seen(by: contract.owner).admit(contract)
    }

    package func contract(of owner: UserID) throws(StoreError) -> Contract? {
        try seen(by: owner).contract(of: owner)
    }

    package func close() {
        server.store.close()
        ways.withLock { ways in for way in ways.values { way.close() } }
    }
}

extension SupplierRules {
    /// Everyone may have a contract for everything, and every device is one.
    package static var open: SupplierRules {
        SupplierRules(
            quotaMax: { _ in .max }, isDeviceValid: { _, _ in true }, requestRate: nil)
    }
}
