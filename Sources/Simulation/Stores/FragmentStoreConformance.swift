package import Model
package import Suppliers

/// The rules of ``FragmentStore`` as tests. Every implementation runs all of them.
package struct FragmentStoreConformance: Sendable {
    /// Makes an empty store with this capacity in bytes.
    package typealias MakeStore = @Sendable (_ capacity: Int) throws -> any FragmentStore

    /// One rule; `check` throws ``RuleBroken``, or what the store throws out of turn.
    package struct Rule: Sendable, CustomStringConvertible {
        package let description: String
        package let check: @Sendable (MakeStore) throws -> Void

        init(_ description: String, _ check: @escaping @Sendable (MakeStore) throws -> Void) {
            self.description = description
            self.check = check
        }
    }

    package static let rules: [Rule] = fragmentRules + roomRules + headRules

    static let capacity = 1 << 30

    /// A store with one customer who may use all of it.
    static func store(
        _ make: MakeStore, admitting customers: [StoreCustomer]
    ) throws -> any FragmentStore {
        let store = try make(capacity)
        for customer in customers {
            try store.admit(customer.contract(quota: capacity, with: store.supplier))
        }
        return store
    }
}

/// A rule that a store breaks.
package struct RuleBroken: Error, CustomStringConvertible {
    package let description: String
}

func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw RuleBroken(description: what()) }
}

/// Holds that `body` throws exactly `expected`.
func requireError(
    _ expected: StoreError, _ what: String, _ body: () throws -> Void
) throws {
    do {
        try body()
    } catch let error as StoreError {
        try require(error == expected, "\(what): threw \(error) instead of \(expected)")
        return
    }
    throw RuleBroken(description: "\(what): did not throw \(expected)")
}

extension FragmentStore {
    /// The bytes of a fragment, or of a range of it.
    package func bytes(
        of fragment: FragmentID, of owner: UserID, range: Range<Int>? = nil
    ) throws -> [UInt8] {
        let length = try range?.count ?? header(of: fragment, of: owner).length
        let buffer = PageBuffer(byteCount: max(1, length))
        let count = try get(fragment, of: owner, range: range, into: buffer.bytes)
        return Array(buffer[0..<count])
    }
}
