package import Identities
package import Model

/// Keeps a user's document alive and true on its servers, as a value.
///
/// Every `interval` all sources are read. A server that lost the document, or has an older one,
/// gets it again; one that fails three times in a row is replaced by another, while the user id
/// stays what it is. Once a day every server is sent the document, which shows that its owner
/// lives.
package struct Propagation: Sendable {
    package enum Effect: Equatable, Sendable {
        /// Make these calls, then ``Propagation/answered(_:uptime:)`` with their results.
        case ask([ServerCall])
        /// Sign this, keep it on the disk, then ``Propagation/signed(_:)``.
        case sign(DocumentPlan)
        /// Another device of the user wrote this one: keep it.
        case adopt(IdentityDocument)
        case report(Report)
    }

    package enum Report: Equatable, Sendable {
        /// How many of the sources have the document.
        case checked(healthy: Int, of: Int)
        case replaced(dead: [Source], by: [Source])
        case published(servers: Int, of: Int)
        /// Another device of the user has published since.
        case adopted(DocumentOrder)
        /// A server shows what contradicts our document.
        case contradiction(Source, SuccessionError)
        case nameTaken(Source)
    }

    private enum State: Sendable {
        case idle
        case checking
        case probing(ServerProbe)
        case checkingNames([KnownServer])
        case signing
        case sending([Source])
    }

    private let known: [KnownServer]
    private let counts: ClosedRange<Int>
    private let interval: UInt64
    package private(set) var document: IdentityDocument
    private var state = State.idle
    /// Failures in a row.
    private var failures: [Source: Int] = [:]
    /// When the next check is due.
    private var nextCheck: UInt64
    private var nextTouch: UInt64
    private var newContacts: [Contact]?
    /// Whether somebody wants a check now, for whom one failure of a server is enough.
    private var isAsked = false
    private var failureCountMax = Limits.identityServerFailureCountMax

    /// - Parameters:
    ///   - known: servers to choose replacements from, preferred ones first.
    ///   - interval: between checks, nanoseconds.
    ///   - uptime: now; the first check is due at once.
    package init(
        document: IdentityDocument, known: [KnownServer], serverCounts: ClosedRange<Int>,
        interval: UInt64 = Limits.identityHealthCheckInterval, uptime: UInt64
    ) {
        self.document = document
        self.known = known
        let most = min(max(serverCounts.upperBound, 1), Limits.identitySourceCountMax)
        counts = min(max(serverCounts.lowerBound, 1), most)...most
        self.interval = max(interval, 1_000_000_000)
        nextCheck = uptime
        nextTouch = uptime
    }

    package var sources: [Source] { document.content.sources }

    /// When there is something to do, in nanoseconds of uptime; `nil` while calls are out.
    package var nextDeadline: UInt64? {
        guard case .idle = state else { return nil }
        return newContacts == nil ? nextCheck : 0
    }

    /// Says that the node is reached otherwise from now on.
    package mutating func contactsChanged(_ contacts: [Contact]) {
        newContacts = contacts == document.content.contacts || contacts.isEmpty ? nil : contacts
    }

    /// Takes a document that was signed elsewhere on this machine, as after a change of devices;
    /// only while nothing is under way. Every server is sent it at the next tick.
    package mutating func documentChanged(_ document: IdentityDocument) -> Bool {
        guard case .idle = state else { return false }
        self.document = document
        nextCheck = 0
        nextTouch = 0
        return true
    }

    /// Makes a check due, in which a server that fails is replaced at once; only while nothing is
    /// under way.
    package mutating func checkNow() {
        guard case .idle = state else { return }
        nextCheck = 0
        isAsked = true
    }

    /// Does what is due.
    package mutating func tick(uptime: UInt64) -> [Effect] {
        guard let deadline = nextDeadline, deadline <= uptime else { return [] }
        if let contacts = newContacts {
            newContacts = nil
            return sign(sources: sources, contacts: contacts)
        }
        nextCheck = uptime + interval
        failureCountMax = isAsked ? 1 : Limits.identityServerFailureCountMax
        isAsked = false
        state = .checking
        return [.ask(sources.map { .get("\($0)") })]
    }

    /// Takes the results of the calls that were asked for, in their order.
    package mutating func answered(_ results: [ServerResult], uptime: UInt64) -> [Effect] {
        switch state {
        case .checking: checked(results, uptime: uptime)
        case .probing(let probe): probed(probe, results)
        case .checkingNames(let servers): namesChecked(servers, results)
        case .sending(let targets): sent(targets, results, uptime: uptime)
        case .idle, .signing: []
        }
    }

    /// Takes the document that was to be signed; `nil` when that did not work.
    package mutating func signed(_ document: IdentityDocument?) -> [Effect] {
        guard case .signing = state else { return [] }
        guard let document else {
            state = .idle
            return []
        }
        self.document = document
        return send(to: sources)
    }

    // MARK: Steps

    private mutating func checked(_ results: [ServerResult], uptime: UInt64) -> [Effect] {
        var effects: [Effect] = []
        var stale: [Source] = []
        var newest: IdentityDocument?
        for (source, result) in zip(sources, results) {
            switch condition(of: result) {
            case .healthy: failures[source] = 0
            case .stale:
                failures[source] = 0
                stale.append(source)
            case .newer(let found):
                failures[source] = 0
                if found.order.sequence > newest?.order.sequence ?? 0 { newest = found }
            case .taken: effects.append(.report(.nameTaken(source)))
            case .contradicted(let error):
                effects.append(.report(.contradiction(source, error)))
            case .failing: failures[source, default: 0] += 1
            }
        }
        let healthy = zip(sources, results).count { $1.page == document.bytes }
        effects.append(.report(.checked(healthy: healthy, of: sources.count)))
        if let newest {
            document = newest
            nextTouch = uptime
            nextCheck = uptime
            state = .idle
            return effects + [.adopt(newest), .report(.adopted(newest.order))]
        }
        let candidates = candidates
        if !dead.isEmpty || sources.count - dead.count < counts.lowerBound, !candidates.isEmpty {
            let probe = ServerProbe(candidates)
            state = .probing(probe)
            return effects + [.ask(probe.calls)]
        }
        return effects + send(to: nextTouch <= uptime ? sources : stale)
    }

    private enum Condition {
        case healthy
        case stale
        case newer(IdentityDocument)
        case taken
        case contradicted(SuccessionError)
        case failing
    }

    private func condition(of result: ServerResult) -> Condition {
        if result.status == 404 { return .stale }
        guard let page = result.page else { return .failing }
        if page == document.bytes { return .healthy }
        guard let found = try? IdentityDocument(decoding: page) else { return .failing }
        do {
            _ = try Succession.judge(found, after: document)
            return .newer(found)
        } catch .rollback {
            return .stale
        } catch .otherUser {
            return .taken
        } catch {
            return .contradicted(error)
        }
    }

    private var dead: [Source] {
        sources.filter { failures[$0, default: 0] >= failureCountMax }
    }

    /// Servers that no source is on.
    private var candidates: [KnownServer] {
        known.filter { server in !sources.contains { $0.host == server.host } }
    }

    private mutating func probed(_ probe: ServerProbe, _ results: [ServerResult]) -> [Effect] {
        var probe = probe
        if probe.answered(results) {
            state = .probing(probe)
            return [.ask(probe.calls)]
        }
        let wanted = max(dead.count, counts.lowerBound - (sources.count - dead.count))
        let room = counts.upperBound - (sources.count - dead.count)
        let servers = Array(probe.answering.prefix(max(0, min(wanted, room))))
        guard !servers.isEmpty else { return send(to: sources) }
        state = .checkingNames(servers)
        return [.ask(servers.map { .get("\($0.source(of: document.name))") })]
    }

    private mutating func namesChecked(
        _ servers: [KnownServer], _ results: [ServerResult]
    ) -> [Effect] {
        let fresh = zip(servers, results).compactMap { server, result -> Source? in
            let isOurs =
                result.page.flatMap { try? IdentityDocument(decoding: $0) }?.userID
                == document.userID
            guard result.status == 404 || isOurs else { return nil }
            return server.source(of: document.name)
        }
        guard !fresh.isEmpty else { return send(to: sources) }
        // A dead server goes only when another takes its place.
        let leaving = Array(dead.prefix(fresh.count))
        let staying = sources.filter { !leaving.contains($0) }
        for source in leaving { failures[source] = nil }
        return [.report(.replaced(dead: leaving, by: fresh))]
            + sign(sources: staying + fresh, contacts: document.content.contacts)
    }

    private mutating func sign(sources: [Source], contacts: [Contact]) -> [Effect] {
        state = .signing
        return [
            .sign(DocumentPlan(sources: sources, contacts: contacts, previous: document))
        ]
    }

    private mutating func send(to targets: [Source]) -> [Effect] {
        guard !targets.isEmpty else {
            state = .idle
            return []
        }
        state = .sending(targets)
        return [.ask(targets.map { .post($0.serverURL, document.bytes) })]
    }

    private mutating func sent(
        _ targets: [Source], _ results: [ServerResult], uptime: UInt64
    ) -> [Effect] {
        state = .idle
        if targets == sources { nextTouch = uptime + Limits.identityPublishInterval }
        let count = results.count { $0.status == 200 }
        return [.report(.published(servers: count, of: targets.count))]
    }
}

extension Limits {
    /// Nanoseconds between two checks of the servers, as in the older product.
    package static let identityHealthCheckInterval: UInt64 = 300_000_000_000
    /// Nanoseconds after which every server is sent the document again, to show that we live.
    package static let identityPublishInterval: UInt64 = 86_400_000_000_000
    /// Checks in a row that a server must fail to be replaced: a restart is no death.
    package static let identityServerFailureCountMax = 3
}
