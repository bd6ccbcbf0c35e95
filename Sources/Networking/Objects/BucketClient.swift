package import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A bucket of S3-compatible object storage.
///
/// Requests are signed with the hash of their bodies, so that what arrives changed is refused.
/// What may help again is asked again, a few times and ever later; each attempt has a deadline that
/// depends on its bytes.
///
/// Thread rules: any thread that may block; never one of the network's own.
package final class BucketClient: ObjectStorage {
    package let address: BucketAddress
    private let signature: Mutex<RequestSignature>
    private let renew: @Sendable () -> AccessKey?
    private let threads: NetworkThreads
    private let time: any TimeSource
    private let pause: @Sendable (UInt64) -> Void
    private let security: NIOSSLContext?
    private let idle = Mutex<[any Channel]>([])
    private let patience: Duration
    private let state = Mutex(BucketSilence())

    /// - Parameter renew: asked for the key there is now, when the one that is used is refused: one
    ///   that is lent ends.
    /// - Parameter patience: how long nothing may move before it counts as silent.
    /// - Parameter roots: certificates in PEM that are trusted; the system's when `nil`.
    /// - Throws: ``ObjectError/untrusted(reason:)`` for roots that are none.
    package init(
        _ address: BucketAddress, key: AccessKey, threads: NetworkThreads, time: any TimeSource,
        pause: @escaping @Sendable (UInt64) -> Void = { SystemPause.pause(nanoseconds: $0) },
        patience: Duration = Limits.objectPatience, roots: [UInt8]? = nil,
        renew: @escaping @Sendable () -> AccessKey? = { nil }
    ) throws(ObjectError) {
        self.address = address
        self.threads = threads
        self.time = time
        self.pause = pause
        self.patience = patience
        self.renew = renew
        signature = Mutex(RequestSignature(key: key, region: address.region))
        guard address.isSecure else {
            security = nil
            return
        }
        do {
            var settings = TLSConfiguration.makeClientConfiguration()
            if let roots {
                let certificates = try NIOSSLCertificate.fromPEMBytes(roots)
                guard !certificates.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
                settings.trustRoots = .certificates(certificates)
            }
            security = try NIOSSLContext(configuration: settings)
        } catch {
            throw .untrusted(reason: "the trusted certificates are no PEM")
        }
    }

    deinit {
        for channel in idle.withLock({ $0 }) { channel.close(promise: nil) }
    }

    package var silence: ObjectError? { state.withLock(\.error) }

    /// Asks for nothing, to see that the bucket is there and the key may use it.
    package func probe() throws(ObjectError) { _ = try page(of: "", after: nil, countMax: 1) }

    package func put(_ parts: [UnsafeRawBufferPointer], as key: String) throws(ObjectError) {
        _ = try send(Call(method: .PUT, key: key, parts: parts, limit: 0), accepting: [200])
    }

    package func get(
        _ key: String, range: Range<Int>?, limit: Int
    ) throws(ObjectError) -> [UInt8] {
        if let range, range.isEmpty { return [] }
        var call = Call(method: .GET, key: key, limit: limit)
        call.range = range
        let answer = try send(call, accepting: range == nil ? [200] : [206, 416])
        return answer.status == 416 ? [] : answer.body
    }

    package func remove(_ key: String) throws(ObjectError) {
        do {
            _ = try send(Call(method: .DELETE, key: key, limit: 0), accepting: [200, 204])
        } catch {
            guard error == .notFound else { throw error }
        }
    }

    package func list(_ prefix: String) throws(ObjectError) -> [StoredObject] {
        var objects: [StoredObject] = []
        var next: String?
        for _ in 0..<Limits.objectListPageCountMax {
            let page = try page(of: prefix, after: next, countMax: 1000)
            objects += page.objects
            next = page.next
            if next == nil { return objects }
        }
        throw .wrongAnswer(field: "list length")
    }

    private func page(
        of prefix: String, after token: String?, countMax: Int
    ) throws(ObjectError) -> BucketListing {
        var call = Call(method: .GET, key: "", limit: Limits.objectListLengthMax)
        call.query = [
            ("list-type", "2"), ("max-keys", "\(countMax)"), ("prefix", address.prefix + prefix),
        ]
        if let token { call.query.append(("continuation-token", token)) }
        let listing = try BucketListing(
            send(call, accepting: [200]).body, prefix: address.prefix)
        guard listing.objects.allSatisfy({ $0.key.hasPrefix(prefix) }) else {
            throw .wrongAnswer(field: "prefix")
        }
        return listing
    }

    // MARK: Attempts

    private struct Call {
        let method: HTTPMethod
        let key: String
        var parts: [UnsafeRawBufferPointer] = []
        let limit: Int
        var range: Range<Int>?
        var query: [(name: String, value: String)] = []
    }

    private func send(
        _ call: Call, accepting: Set<Int>
    ) throws(ObjectError) -> BucketConnection.Response {
        let used = signature.withLock(\.key)
        do {
            return try attempt(call, accepting: accepting)
        } catch {
            guard case .refused = error, let key = renew(), !key.isSame(as: used) else {
                throw error
            }
            signature.withLock { $0 = RequestSignature(key: key, region: address.region) }
            return try attempt(call, accepting: accepting)
        }
    }

    private func attempt(
        _ call: Call, accepting: Set<Int>
    ) throws(ObjectError) -> BucketConnection.Response {
        let hash = RequestSignature.hash(call.parts)
        var body = ByteBuffer()
        body.reserveCapacity(call.parts.reduce(0) { $0 + $1.count })
        for part in call.parts { body.writeBytes(part) }
        var failure = ObjectError.silent(reason: "")
        for attempt in 0..<Limits.objectAttemptCountMax {
            if attempt > 0 { pause(UInt64(Limits.objectPause.nanoseconds) << UInt64(attempt - 1)) }
            let permission = state.withLock { $0.ask(at: time.uptime) }
            if case .refused(let error) = permission { throw error }
            var hasAnswered = true
            defer { if hasAnswered { state.withLock { $0.answered() } } }
            do {
                let answer = try perform(call, body, hash)
                if accepting.contains(answer.status) {
                    if let flaw = flaw(of: answer, to: call) { throw flaw }
                    return answer
                }
                failure = ObjectError(answer)
                guard case .silent = failure else { throw failure }
            } catch let error as ObjectError {
                guard case .wrongAnswer = error else { throw error }
                failure = error
            } catch BucketConnection.Failure.tooLong {
                failure = .wrongAnswer(field: "length")
            } catch {
                hasAnswered = false
                failure = BucketClient.failure(error)
                // Who has waited for nothing once does not wait again: others need the thread.
                let isOver =
                    permission == .tryOnce || attempt == Limits.objectAttemptCountMax - 1
                    || error as? BucketConnection.Failure == .timedOut || !failure.isSilence
                guard isOver else { continue }
                state.withLock {
                    $0.stayedSilent(failure, at: time.now, uptime: time.uptime)
                }
                throw failure
            }
        }
        throw failure
    }

    /// How an answer is none to the call; `nil` when it is one.
    private func flaw(of answer: BucketConnection.Response, to call: Call) -> ObjectError? {
        guard let range = call.range, answer.status == 206 else { return nil }
        guard let (found, total) = ContentRange.parse(answer.headers.first(name: "Content-Range")),
            found.lowerBound == range.lowerBound, found.count == answer.body.count,
            found.upperBound == range.upperBound
                || (found.upperBound == total && total < range.upperBound)
        else { return .wrongAnswer(field: "range") }
        return nil
    }

    /// One attempt; on a connection that was kept and is gone by now, a second one.
    private func perform(
        _ call: Call, _ body: ByteBuffer, _ hash: String
    ) throws -> BucketConnection.Response {
        while let channel = idle.withLock({ $0.popLast() }) {
            guard channel.isActive else { continue }
            do {
                return try exchange(call, body, hash, on: channel)
            } catch BucketConnection.Failure.cutOff {
                break
            }
        }
        let channel = try BucketConnection.connect(
            to: address, on: threads.group.next(), security: security
        ).wait()
        return try exchange(call, body, hash, on: channel)
    }

    private func exchange(
        _ call: Call, _ body: ByteBuffer, _ hash: String, on channel: any Channel
    ) throws -> BucketConnection.Response {
        let promise = channel.eventLoop.makePromise(of: BucketConnection.Response.self)
        // What the system has taken to send moves without being seen.
        let hidden = min(body.readableBytes, Limits.objectSendBufferLength)
        let request = BucketConnection.Request(
            head: head(of: call, length: body.readableBytes, hash), body: body,
            limit: max(call.limit, Limits.objectErrorLengthMax),
            patience: TimeAmount(patience + .seconds(hidden / Limits.objectRateMin)))
        let length = body.readableBytes + call.limit
        let deadline = TimeAmount(
            Limits.objectDeadline + .seconds(length / Limits.objectRateMin))
        let timer = channel.eventLoop.scheduleTask(in: deadline) {
            promise.fail(BucketConnection.Failure.timedOut)
        }
        defer { timer.cancel() }
        BucketConnection.send(request, on: channel, promise: promise)
        let answer = try promise.futureResult.wait()
        guard answer.body.count <= call.limit || answer.status >= 300 else {
            throw ObjectError.wrongAnswer(field: "length")
        }
        if answer.isReusable { keep(channel) }
        return answer
    }

    private func keep(_ channel: any Channel) {
        let isKept = idle.withLock { idle in
            guard idle.count < Limits.objectConnectionCountMax else { return false }
            idle.append(channel)
            return true
        }
        if !isKept { channel.close(promise: nil) }
    }

    private func head(of call: Call, length: Int, _ hash: String) -> HTTPRequestHead {
        let signature = signature.withLock { $0 }
        let path = address.path(of: call.key)
        let moment = String(time.now.description.prefix(19)).filter { $0 != "-" && $0 != ":" } + "Z"
        var signed: [(name: String, value: String)] = [
            ("host", address.authority), ("x-amz-content-sha256", hash), ("x-amz-date", moment),
        ]
        if let token = signature.key.token { signed.append(("x-amz-security-token", token)) }
        if let range = call.range {
            signed.append(("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
        }
        let authorization = signature.authorization(
            of: .init(
                call.method.rawValue, path, query: call.query, headers: signed, bodyHash: hash),
            at: moment)
        let query = RequestSignature.encoded(call.query)
        var head = HTTPRequestHead(
            version: .http1_1, method: call.method, uri: query.isEmpty ? path : "\(path)?\(query)")
        for (name, value) in signed { head.headers.add(name: name, value: value) }
        head.headers.add(name: "authorization", value: authorization)
        if call.method == .PUT {
            head.headers.add(name: "content-length", value: "\(length)")
        }
        return head
    }

    /// Why nothing came.
    private static func failure(_ error: any Error) -> ObjectError {
        switch error {
        case BucketConnection.Failure.cutOff: .silent(reason: "the connection ended")
        case BucketConnection.Failure.malformed: .silent(reason: "no HTTP")
        case BucketConnection.Failure.timedOut: .silent(reason: "no answer in time")
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            .untrusted(reason: "it is another host's")
        case is NIOSSLError, is BoringSSLError:
            "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
                ? .untrusted(reason: "its authority is not known, or its time is over")
                : .silent(reason: "no TLS")
        case is NIOConnectionError: .silent(reason: "it cannot be reached")
        default: .silent(reason: "\(error)")
        }
    }
}

extension ObjectError {
    fileprivate var isSilence: Bool {
        if case .silent = self { true } else { false }
    }
}

/// `bytes FIRST-LAST/TOTAL`.
private enum ContentRange {
    static func parse(_ text: String?) -> (range: Range<Int>, total: Int)? {
        guard let text, text.hasPrefix("bytes ") else { return nil }
        let numbers = text.dropFirst(6).split { $0 == "-" || $0 == "/" }.map { Int($0) }
        guard numbers.count == 3, let first = numbers[0], let last = numbers[1],
            let total = numbers[2], first >= 0, first <= last, last < total
        else { return nil }
        return (first..<last + 1, total)
    }
}

extension ObjectError {
    /// What an answer that was not hoped for means.
    init(_ answer: BucketConnection.Response) {
        let code = BucketListing.code(answer.body)
        switch (answer.status, code) {
        case (_, "NoSuchBucket"): self = .noBucket
        case (404, _): self = .notFound
        case (507, _), (_, "QuotaExceeded"), (_, "XMinioStorageFull"): self = .full
        case (401, _), (403, _): self = .refused(code: code.isEmpty ? "\(answer.status)" : code)
        case (408, _), (429, _), (500, _), (502...504, _), (_, "RequestTimeout"):
            self = .silent(reason: "\(answer.status) \(code)")
        default: self = .failed(status: answer.status, code: code)
        }
    }
}
