import Identities
import IdentityServers
import Model

/// Drives a ``Propagation``: makes its calls, signs and keeps its documents.
actor Propagator {
    private var propagation: Propagation
    private let exchange: any HTTPExchange
    private let time: any TimeSource
    private let sign: @Sendable (DocumentPlan) throws -> IdentityDocument
    private let adopt: @Sendable (IdentityDocument) throws -> Void
    private var isBusy = false

    /// - Parameters:
    ///   - sign: signs a document and keeps it on the disk before it is published.
    ///   - adopt: keeps a document that another device of the user has signed.
    init(
        _ propagation: Propagation, exchange: any HTTPExchange, time: any TimeSource,
        sign: @escaping @Sendable (DocumentPlan) throws -> IdentityDocument,
        adopt: @escaping @Sendable (IdentityDocument) throws -> Void
    ) {
        self.propagation = propagation
        self.exchange = exchange
        self.time = time
        self.sign = sign
        self.adopt = adopt
    }

    var document: IdentityDocument { propagation.document }
    var nextDeadline: UInt64? { propagation.nextDeadline }

    func contactsChanged(_ contacts: [Contact]) { propagation.contactsChanged(contacts) }

    func checkNow() { propagation.checkNow() }

    /// Whether it was taken; `false` while a check is under way, then try again after it.
    func documentChanged(_ document: IdentityDocument) -> Bool {
        propagation.documentChanged(document)
    }

    /// Does what is due, to its end, and tells what happened; nothing while another call does.
    func step() async -> [Propagation.Report] {
        guard !isBusy else { return [] }
        isBusy = true
        defer { isBusy = false }
        var reports: [Propagation.Report] = []
        var effects = propagation.tick(uptime: time.uptime)[...]
        while let effect = effects.popFirst() {
            switch effect {
            case .ask(let calls):
                let results = await exchange.perform(
                    calls, deadline: Limits.identityServerDeadline)
                effects += propagation.answered(results, uptime: time.uptime)
            case .sign(let plan): effects += propagation.signed(try? sign(plan))
            case .adopt(let document): try? adopt(document)
            case .report(let report): reports.append(report)
            }
        }
        return reports
    }
}
