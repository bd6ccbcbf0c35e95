internal import Model

/// The paths of a supplier's directory. Names are made of numbers and ids, never of anything that
/// a customer wrote.
///
/// ```
/// supplier.key  format  lock
/// index.sqlite                     cache of the segments
/// segments/0000000000000001.segment
/// contracts/<owner>.contract
/// heads/<owner>/<repository>-<sequence>.head
/// tails/<segment>-<offset>.tail    the last torn tail that was cut off
/// holds/<number>.hold               tombstones that wait
/// service-time                     how long the supplier has served
/// ```
struct StoreLayout: Sendable {
    let root: String

    var lock: String { "\(root)/lock" }
    var index: String { "\(root)/index.sqlite" }
    /// SQLite's own names for the files beside a database.
    var indexFiles: [String] { [index, "\(index)-wal", "\(index)-shm", "\(index)-journal"] }
    var segments: String { "\(root)/segments" }
    var contracts: String { "\(root)/contracts" }
    var heads: String { "\(root)/heads" }
    var tails: String { "\(root)/tails" }

    func segment(_ number: Int) -> String {
        "\(segments)/\(StoreLayout.hexadecimal(UInt64(number))).segment"
    }

    func tail(segment: Int, offset: Int) -> String {
        "\(tails)/\(StoreLayout.hexadecimal(UInt64(segment)))"
            + "-\(StoreLayout.hexadecimal(UInt64(offset))).tail"
    }

    func contract(of owner: UserID) -> String { "\(contracts)/\(owner).contract" }
    func heads(of owner: UserID) -> String { "\(heads)/\(owner)" }

    func head(of owner: UserID, repository: RepositoryID, sequence: UInt64) -> String {
        "\(heads(of: owner))/\(repository)-\(StoreLayout.hexadecimal(sequence)).head"
    }

    /// The number in a segment's name; `nil` for any other name.
    static func segmentNumber(_ name: String) -> Int? {
        guard name.utf8.count == 24, name.hasSuffix(".segment"),
            let number = UInt32(name.prefix(16), radix: 16), number > 0,
            name == "\(hexadecimal(UInt64(number))).segment"
        else { return nil }
        return Int(number)
    }

    static func owner(contractName name: String) -> UserID? {
        guard name.utf8.count == 73, name.hasSuffix(".contract") else { return nil }
        return UserID(hex: name.prefix(64))
    }

    static func head(_ name: String) -> (repository: RepositoryID, sequence: UInt64)? {
        guard name.utf8.count == 86, name.hasSuffix(".head"),
            let repository = RepositoryID(hex: name.prefix(64)),
            let sequence = UInt64(name.dropFirst(65).prefix(16), radix: 16),
            name == "\(repository)-\(hexadecimal(sequence)).head"
        else { return nil }
        return (repository, sequence)
    }

    /// Sixteen digits.
    static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
