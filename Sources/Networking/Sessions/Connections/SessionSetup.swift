internal import Model

/// What all sessions of a node share: who we are, whom we let in, what we answer.
package struct SessionSetup: Sendable {
    let identity: SessionIdentity
    let settings: SessionSettings
    let memory: SessionMemory
    let rates: TransferRates?
    let admits: PeerAdmission
    let screen: SessionScreen?
    let handler: SessionRequestHandler

    /// - Parameters:
    ///   - rates: limits of all sessions together, if there are any.
    ///   - admits: asked about each peer at its handshake and at each of its requests; must not
    ///     block.
    ///   - screen: refuses requests before their payload comes.
    ///   - handler: answers the requests of peers, those that dialled and those that were dialled.
    package init(
        identity: SessionIdentity, settings: SessionSettings = SessionSettings(),
        memory: SessionMemory = SessionMemory(), rates: TransferRates? = nil,
        admits: @escaping PeerAdmission, screen: SessionScreen? = nil,
        handler: @escaping SessionRequestHandler
    ) {
        self.identity = identity
        self.settings = settings
        self.memory = memory
        self.rates = rates
        self.admits = admits
        self.screen = screen
        self.handler = handler
    }
}
