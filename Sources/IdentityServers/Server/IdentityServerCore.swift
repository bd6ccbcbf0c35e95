internal import Catalogs
package import Identities
package import Model

/// How one identity server is set up.
package struct IdentityServerSettings: Sendable {
    package var host: Host
    /// The others of the network; its own entry is left out of the page.
    package var knownServers: [KnownServer]
    /// Seconds without a sign of its owner after which a document is withdrawn.
    package var untouchedMax: UInt64
    package var nameCountMax: Int
    package var pageLength: Int

    package init(
        host: Host, knownServers: [KnownServer] = [],
        untouchedMax: UInt64 = Limits.identityUntouchedMax,
        nameCountMax: Int = Limits.identityServerNameCountMax,
        pageLength: Int = Limits.indexPageNameCount
    ) {
        self.host = host
        self.knownServers = knownServers
        self.untouchedMax = untouchedMax
        self.nameCountMax = nameCountMax
        self.pageLength = pageLength
    }
}

/// What an identity server decides, as a value: no sockets, no clocks, no disk.
package struct IdentityServerCore: Sendable {
    /// What a request is about.
    package enum Route: Equatable, Sendable {
        case index(after: String?)
        case document(IdentityName)
        case upload
        case unknown
        case badMethod
    }

    package let settings: IdentityServerSettings
    package let rule: UploadRule
    private var lookups = RateLimiter(Limits.identityLookupRate)
    private var uploads = RateLimiter(Limits.identityUploadRate)
    private var newNames = RateLimiter(Limits.identityNewNameRate)
    /// Names whose owners showed, to be noted in the store together.
    private var touched: Set<String> = []

    package init(_ settings: IdentityServerSettings) {
        self.settings = settings
        rule = UploadRule(host: settings.host)
    }

    // MARK: Requests

    package static func route(method: String, target: String) -> Route {
        let parts = target.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0]
        switch method {
        case "GET", "HEAD":
            if path == "/" { return .index(after: after(parts.count == 2 ? parts[1] : "")) }
            guard path.hasPrefix("/"), path.hasSuffix(".xml"),
                let name = IdentityName(path.dropFirst().dropLast(4))
            else { return .unknown }
            return .document(name)
        case "POST":
            return path == "/" ? .upload : .unknown
        default:
            return .badMethod
        }
    }

    private static func after(_ query: Substring) -> String? {
        for part in query.split(separator: "&") where part.hasPrefix("after=") {
            return IdentityName(part.dropFirst(6))?.text
        }
        return nil
    }

    package mutating func mayLookUp(_ address: IPAddress, uptime: UInt64) -> Bool {
        lookups.take(address, uptime: uptime)
    }

    package mutating func mayUpload(_ address: IPAddress, uptime: UInt64) -> Bool {
        uploads.take(address, uptime: uptime)
    }

    package mutating func mayAddName(
        _ address: IPAddress, count: Int, uptime: UInt64
    ) throws(UploadRefusal) {
        guard count < settings.nameCountMax else { throw .full }
        guard newNames.take(address, uptime: uptime) else { throw .tooOften }
    }

    // MARK: Owners that show

    /// Notes that an owner showed, at most once a day for each name.
    ///
    /// - Parameter age: seconds that the server has run.
    package mutating func touch(name: String, lastTouched: UInt64, age: UInt64) {
        guard age >= lastTouched, age - lastTouched >= Limits.identityTouchInterval,
            touched.count < Limits.identityTouchCountMax
        else { return }
        touched.insert(name)
    }

    /// The names to note, in order; they are forgotten here.
    package mutating func takeTouched() -> [String] {
        defer { touched = [] }
        return touched.sorted()
    }

    /// The ages below which documents are withdrawn and names are free again.
    ///
    /// Time is what the server itself has run, in all its life: a wall clock that jumps, or a
    /// server that was off for a year, takes nobody's document away.
    package func expiry(age: UInt64) -> (withdraw: UInt64, forget: UInt64) {
        let withdraw = age.subtractingOrZero(settings.untouchedMax)
        return (withdraw, withdraw.subtractingOrZero(settings.untouchedMax))
    }

    /// The other servers, as the page lists them.
    package var otherServers: [KnownServer] {
        settings.knownServers.filter { $0.host != settings.host }
    }
}

extension UInt64 {
    fileprivate func subtractingOrZero(_ other: UInt64) -> UInt64 {
        self > other ? self - other : 0
    }
}
