internal import Daemon
internal import Model
internal import Pipelines
internal import Placement
internal import Suppliers

/// Sees to it, before a backup, that new blocks go to whom its owner wants.
///
/// A family that was chosen stays: later runs change it only by friends who have come or gone, and
/// by replacing who was away for long where strangers may take the place.
struct FamilyChooser {
    let context: CommandContext
    let customer: Customer
    let texts: BackupText
    let redundancy: Redundancy

    private var desk: HiringDesk { HiringDesk(context.network) }

    /// - Parameter asked: what `--to` says in this run.
    func prepare(_ asked: SupplierChoice?) throws {
        try customer.lookAtSuppliers()
        let kept = try customer.supplierChoice().flatMap { SupplierChoice($0) }
        switch asked ?? kept {
        case .friends?: try useFriends(isAsked: asked != nil)
        case .list(let items)?:
            if asked != nil { try use(items) }
            try tellLate()
        case .network?, nil: try useNetwork(isAsked: asked != nil)
        }
        if let asked { try customer.note(supplierChoice: asked.text) }
    }

    // MARK: The network

    /// Hires where nobody is employed yet or somebody has to be replaced. Friends come first.
    private func useNetwork(isAsked: Bool) throws {
        let friends = try friends()
        if try FriendFamily.hire(friends, for: customer) == nil, !isAsked, !friends.isEmpty {
            texts.note("  Note: \(names(friends)) would keep your data: --to friends")
        }
        let employed = try customer.employedCandidates()
        let directories = try customer.employedDirectories()
        let vacancyCount = try customer.review().vacancyCount
        let isJoined = try context.network.joined() != nil
        let isFirst = employed.isEmpty && isJoined
        let isShort = isJoined && directories.isEmpty && vacancyCount > 0
        guard isAsked || isFirst || isShort else { return }
        // Without `--to` no more than are missing: nobody has asked for others.
        let count = isAsked || isFirst ? try desk.missing(for: customer) : 0
        let outcome = try desk.hire(nil, for: customer, count: max(count, vacancyCount))
        texts.hired(outcome)
        if outcome.hired.isEmpty {
            // The family is as good as it was.
            if isShort || !employed.isEmpty && directories.isEmpty { return }
            throw HiringDesk.nobody(outcome, isList: false)
        }
        // Suppliers of this disk and of the network would fail together in the wrong way.
        for record in directories { try customer.setLeaving(true, record.id) }
        if !directories.isEmpty { texts.leftDirectories(directories.count) }
    }

    // MARK: Friends

    /// Friends and nobody else: those who are new are hired, others get nothing new.
    private func useFriends(isAsked: Bool) throws {
        let friends = try friends()
        guard !friends.isEmpty else {
            throw Failure(
                "BD-NO-FRIENDS", .tooFewSuppliers, "no friend keeps data for you yet",
                remedy: "invite one: `bitdust invite --give 100GB`")
        }
        let members = try customer.familyMembers()
        let present = Set(members.filter { isAsked ? !$0.isFired : true }.compactMap(\.user))
        let fresh = friends.filter { !present.contains($0.user) }
        let report = try customer.hire(fresh.map(\.address.description))
        let users = Set(friends.map(\.user))
        let employed = Set(
            try customer.familyMembers().filter { !$0.isFired }.compactMap(\.user)
        ).intersection(users)
        let failed = report.failed.map { failure in
            let name = friends.first { $0.address.description == failure.address }?.name.text
            return (name ?? failure.address, failure.reason)
        }
        guard !employed.isEmpty else {
            throw Failure(
                "BD-NO-CANDIDATES", .tooFewSuppliers, "none of your friends could be hired",
                cause: failed.map { "\($0.0): \($0.1)" }.joined(separator: "; "),
                remedy: "their nodes have to run: see `bitdust friends`")
        }
        try leave { $0.user.map { !employed.contains($0) } ?? true }
        texts.friends(friends.filter { employed.contains($0.user) }.map(\.name.text), failed)
        if redundancy == .automatic { try recodeOld() }
        try tellLate()
    }

    private func friendBook() throws -> FriendBook {
        try FriendBook(home: NodeClient(context).home)
    }

    /// Those who keep something for us.
    private func friends() throws -> [Friend] { try friendBook().all.filter { $0.gives > 0 } }

    private func names(_ friends: [Friend]) -> String {
        friends.map(\.name.text).joined(separator: ", ")
    }

    // MARK: A list

    /// These and nobody else.
    private func use(_ items: [String]) throws {
        let members = try customer.familyMembers()
        let book = try friendBook()
        var addresses: [String] = []
        var wanted: Set<SupplierID> = []
        var places: [String] = []
        var candidates: [CustomerNetwork.Found]?
        for item in items {
            if let friend = book.named(item).first {
                addresses.append(friend.address.description)
            } else if let member = members.first(where: { $0.isNamed(item) }) {
                wanted.insert(member.record.id)
                if member.isFired { addresses.append(member.record.address) }
            } else if FamilyChooser.isID(item) {
                let found = try candidates ?? desk.find(nil, as: customer)
                candidates = found
                guard let one = found.first(where: { $0.isNamed(item) }) else {
                    throw FamilyChooser.unknown(item)
                }
                addresses.append(one.address.description)
            } else {
                places.append(item)
            }
        }
        if !places.isEmpty {
            // All at once: each takes some ways there and back.
            let found = try desk.find(places, as: customer)
            let plan = try desk.plan(found, for: customer, count: found.count)
            let known = Set(members.filter { !$0.isFired }.map(\.record.id))
            wanted.formUnion(found.map(\.candidate.supplier).filter { known.contains($0) })
            addresses += plan.hires.compactMap { hire in
                found.first { $0.candidate == hire.candidate }?.address.description
            }
        }
        let report = try customer.hire(addresses)
        let users = Set(addresses.compactMap { NodeAddress($0)?.user })
        let employed = try customer.familyMembers().filter { member in
            !member.isFired
                && (wanted.contains(member.record.id)
                    || member.user.map { users.contains($0) } ?? false)
        }
        guard !employed.isEmpty else {
            throw HiringDesk.nobody(
                HiringDesk.Outcome(found: addresses.count, failed: report.failed), isList: true)
        }
        let kept = Set(employed.map(\.record.id))
        try leave { !kept.contains($0.record.id) }
        texts.chosen(employed.map(\.record), report.failed)
    }

    private static func isID(_ text: String) -> Bool {
        text.utf8.count >= Limits.userPrefixLengthMin
            && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    private static func unknown(_ item: String) -> Failure {
        Failure(
            "BD-SUPPLIER-UNKNOWN", .usage,
            "\(displayText(item.utf8)) names no friend, no supplier and nobody who answers",
            remedy: "`bitdust friends`, `bitdust suppliers` and `bitdust find` list them")
    }

    // MARK: Leaving others

    /// Gives nothing new to those for whom `isLeft` holds; what they hold counts as before.
    private func leave(_ isLeft: (FamilyRecord) -> Bool) throws {
        let left = try customer.familyMembers().filter { !$0.isFired && isLeft($0) }
        for member in left { try customer.setLeaving(true, member.record.id) }
        let directoryCount = left.count { $0.user == nil }
        if directoryCount > 0 { texts.leftDirectories(directoryCount) }
        let others = left.count - directoryCount
        if others > 0 {
            texts.note(
                "  Note: \(countText(UInt64(others), "other supplier")) gets nothing new; "
                    + "what is there still counts.")
        }
    }

    /// With more friends what is stored already can be made safer, too: the node does it by and by.
    private func recodeOld() throws {
        let count = try customer.employedCandidates().count
        guard let scheme = ErasureScheme.automatic(supplierCount: count),
            let old = try customer.storedSchemes().first(where: {
                $0.scheme.parityCount < scheme.parityCount
            })
        else { return }
        try customer.wantReshape(.automatic)
        texts.note(
            "  Note: what was stored before is coded \(old.scheme); the node codes it \(scheme) "
                + "by and by, " + context.command("reshape") + " now.")
    }

    /// Nobody takes the place of somebody who was chosen.
    private func tellLate() throws {
        let late = Set(try customer.review().replaced)
        guard !late.isEmpty else { return }
        let book = try friendBook()
        for standing in try customer.lastStandings() where late.contains(standing.record.id) {
            let name = NodeAddress(standing.record.address).flatMap {
                book.friend($0.user)?.name.text
            }
            let why = standing.away.map(FamilyText.away) ?? "full, or not to be trusted"
            texts.note(
                "  Note: \(name ?? FamilyText.place(standing.record)) is \(why): invite another "
                    + "friend, or choose others with --to.")
        }
    }
}

extension FamilyRecord {
    /// By the first eight digits or more of its id or its user's.
    fileprivate func isNamed(_ text: String) -> Bool {
        let lower = text.lowercased()
        guard lower.utf8.count >= Limits.userPrefixLengthMin else { return false }
        return "\(record.id)".hasPrefix(lower) || user.map { "\($0)".hasPrefix(lower) } ?? false
    }
}

extension CustomerNetwork.Found {
    fileprivate func isNamed(_ text: String) -> Bool {
        let lower = text.lowercased()
        return "\(candidate.supplier)".hasPrefix(lower)
            || "\(candidate.operatorID)".hasPrefix(lower)
    }
}
