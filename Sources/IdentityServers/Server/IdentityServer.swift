package import Catalogs
package import Identities
package import Model
internal import Synchronization

/// An identity server: drives ``IdentityServerCore`` with a store and a clock.
///
/// Thread rules: any thread may call. Calls read or write the disk, so a thread that must not wait
/// hands them to another one.
package final class IdentityServer: Sendable {
    package let host: Host
    private let store: any DocumentStore
    private let time: any TimeSource
    private let core: Mutex<IdentityServerCore>
    private let rule: UploadRule
    private let counts = Mutex(IdentityServerCounts())
    /// Held from reading what is known of a name to storing what follows it.
    private let writing = Mutex(())
    private let ageAtStart: UInt64
    private let uptimeAtStart: UInt64

    /// - Throws: what the store throws.
    package init(
        settings: IdentityServerSettings, store: any DocumentStore, time: any TimeSource
    ) throws {
        host = settings.host
        self.store = store
        self.time = time
        let core = IdentityServerCore(settings)
        rule = core.rule
        self.core = Mutex(core)
        ageAtStart = try store.age()
        uptimeAtStart = time.uptime
    }

    /// Seconds that this server has run in all its life.
    package var age: UInt64 { ageAtStart + (time.uptime - uptimeAtStart) / 1_000_000_000 }

    package var counted: IdentityServerCounts { counts.withLock { $0 } }

    // MARK: HTTP

    package func answer(_ request: IdentityServerRequest) -> IdentityServerAnswer {
        let origin = request.origin
        let route = IdentityServerCore.route(method: request.method, target: request.target)
        if route != .upload {
            let uptime = time.uptime
            guard core.withLock({ $0.mayLookUp(origin.address, uptime: uptime) }) else {
                counts.withLock { $0.refused += 1 }
                return .text(429, "too-often: too many requests from this address range")
            }
        }
        do {
            switch route {
            case .index(let after): return try index(after: after, client: origin)
            case .document(let name): return try document(name, client: origin.address)
            case .upload: return uploadAnswer(request.body, from: origin.address)
            case .unknown: return notFound
            case .badMethod:
                return .text(405, "bad-method", [.init("Allow", "GET, HEAD, POST")])
            }
        } catch {
            counts.withLock { $0.storeFailures += 1 }
            return .text(503, "storage: the documents cannot be read, try again later")
        }
    }

    private func document(
        _ name: IdentityName, client: IPAddress
    ) throws -> IdentityServerAnswer {
        counts.withLock { $0.lookups += 1 }
        guard let found = try store.find(name), let bytes = found.bytes else { return notFound }
        if found.addresses.contains(client) { touch(found) }
        return IdentityServerAnswer(200, type: "text/xml; charset=utf-8", bytes)
    }

    private var notFound: IdentityServerAnswer { .text(404, "not-found: no such identity here") }

    private func index(
        after: String?, client: (address: IPAddress, port: UInt16?)
    ) throws -> IdentityServerAnswer {
        let (length, servers) = core.withLock { ($0.settings.pageLength, $0.otherServers) }
        let names = try store.names(after: after, limit: length + 1)
        let page = IndexPage(
            host: host, total: try store.count(), names: Array(names.prefix(length)),
            next: names.count > length ? names[length - 1] : nil, isFirst: after == nil,
            servers: servers, client: client)
        return IdentityServerAnswer(200, type: "text/html; charset=utf-8", Array(page.html.utf8))
    }

    private func uploadAnswer(
        _ bytes: [UInt8], from address: IPAddress
    ) -> IdentityServerAnswer {
        do {
            try upload(bytes, from: address)
            return IdentityServerAnswer(200, type: "text/plain; charset=utf-8", [])
        } catch {
            return .refused(error)
        }
    }

    // MARK: Uploads

    /// Stores a document, or says why not; from HTTP and TCP alike.
    package func upload(
        _ bytes: [UInt8], from address: IPAddress
    ) throws(UploadRefusal) {
        do throws(UploadRefusal) {
            let uptime = time.uptime
            // Before any signature is checked: that is what costs.
            guard core.withLock({ $0.mayUpload(address, uptime: uptime) }) else {
                throw .tooOften
            }
            let document = try rule.read(bytes)
            let result = writing.withLock { _ in
                Result { () throws(UploadRefusal) in try store(document, from: address) }
            }
            try result.get()
            counts.withLock { $0.uploads += 1 }
        } catch {
            counts.withLock { $0.count(error) }
            throw error
        }
    }

    private func store(
        _ document: IdentityDocument, from address: IPAddress
    ) throws(UploadRefusal) {
        let age = age
        let known: PublishedIdentity?
        let nameCount: Int
        do {
            known = try store.find(document.name)
            nameCount = known == nil ? try store.count() : 0
        } catch {
            throw .storage
        }
        switch try rule.judge(document, known: known, age: age) {
        case .touch(let known):
            touch(known)
        case .store(let identity, let isNewName):
            if isNewName {
                let uptime = time.uptime
                let allowed = core.withLock { core in
                    Result { () throws(UploadRefusal) in
                        try core.mayAddName(address, count: nameCount, uptime: uptime)
                    }
                }
                try allowed.get()
            }
            do {
                try store.put(identity)
            } catch {
                throw .storage
            }
        }
    }

    private func touch(_ identity: PublishedIdentity) {
        let age = age
        core.withLock { $0.touch(name: identity.name, lastTouched: identity.touched, age: age) }
    }

    // MARK: Upkeep

    /// Notes touches and the server's age, and withdraws what nobody has touched; to be called
    /// every `Limits.identityUpkeepInterval` seconds and before closing.
    @discardableResult
    package func upkeep() throws -> IdentityExpiry {
        let age = age
        let touched = core.withLock { $0.takeTouched() }
        try store.touch(touched, age: age)
        let (withdraw, forget) = core.withLock { $0.expiry(age: age) }
        let expiry = try writing.withLock { _ in
            try store.expire(withdraw: withdraw, forget: forget)
        }
        counts.withLock { $0.withdrawn += expiry.withdrawn }
        return expiry
    }

    package func close() {
        _ = try? upkeep()
        store.close()
    }
}

/// What a server has done since it was started.
package struct IdentityServerCounts: Equatable, Sendable {
    package var lookups = 0
    package var uploads = 0
    package var refused = 0
    /// Uploads that contradict what their own key has signed.
    package var equivocations = 0
    package var storeFailures = 0
    package var withdrawn = 0

    mutating func count(_ refusal: UploadRefusal) {
        refused += 1
        if refusal == .storage { storeFailures += 1 }
        if case .succession(let error) = refusal, error.isAlarming { equivocations += 1 }
    }
}
