import APIModel
import Foundation
import Identities
import Model
import Networking
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// Nodes that no network knows, and how their owners become friends, over loopback sockets.
@Suite struct FriendTests {
    private static let loopback = IPAddress("127.0.0.1")!

    private func invite(
        _ node: NodeStation, give: String = "100MB", _ more: [String: APIValue] = [:]
    ) async throws -> InvitationCode {
        let answer = try await node.call(
            "friend_invite", ["give": .text(give)].merging(more) { $1 })
        let text = try #require(answer.result?["code"]?.asText, "\(answer.value)")
        return try InvitationCode(text)
    }

    private func accept(
        _ node: NodeStation, _ code: String, give: String = "200MB"
    ) async throws -> APIEnvelope {
        try await node.call("friend_accept", ["code": .text(code), "give": .text(give)])
    }

    private func friends(_ node: NodeStation) async throws -> [APIValue] {
        try await node.call("friends_list").result?.asArray ?? []
    }

    private func free(_ node: NodeStation) async throws -> Int64 {
        try await node.call("donation_status").result?["free"]?.asInteger ?? -1
    }

    @Test func `two nodes without a network become each other's supplier and customer`()
        async throws
    {
        let (mum, sam) = (try await NodeStation(), try await NodeStation())
        let code = try await invite(mum, give: "9 GB", ["name": "sam"])
        // More than the 8 GB of the default: they are donated, and nobody else can have them.
        #expect(try await free(mum) == 0)
        let answer = try await accept(sam, "\(code)")
        #expect(answer.isOK, "\(answer.value)")
        #expect(answer.result?["gives_bytes"]?.asInteger == 9 << 30)
        let (ofMum, ofSam) = (try await friends(mum), try await friends(sam))
        #expect(ofMum.first?["name"] == "sam" && ofMum.first?["gives_bytes"] == 209_715_200)
        #expect(ofSam.first?["given_bytes"] == 209_715_200 && ofSam.count == 1)
        // Each takes a contract of the other, up to the gift and not beyond.
        #expect(try await quotaMax(of: ofMum.first, at: mum) == 9 << 30)
        #expect(try await quotaMax(of: ofSam.first, at: sam) == 200 << 20)
        // 8 GB are donated by default; an identity that was never published gives friends only.
        #expect(try await free(sam) == 0)
        #expect(try await free(mum) == 0)
        let again = try await accept(sam, "\(code)")
        #expect(again.isOK, "an answer that was lost is given again")
        #expect(try await friends(mum).count == 1)
        await mum.node.stop()
        await sam.node.stop()
    }

    /// What `supplier` would agree to with its friend.
    private func quotaMax(of friend: APIValue?, at supplier: NodeStation) async throws -> Int {
        let user = try #require(UserID(hex: friend?["id"]?.asText ?? ""))
        let running = try #require(await supplier.node.parts.supplier.current)
        return running.donation.quotaMax(for: user)
    }

    @Test func `a code is good once, until it is too old or taken back`() async throws {
        let (mum, sam, nina) = (
            try await NodeStation(), try await NodeStation(), try await NodeStation()
        )
        let code = try await invite(mum)
        #expect(try await accept(sam, "\(code)").isOK)
        let used = try await accept(nina, "\(code)")
        #expect(used.reason == "BD-INVITE-REFUSED" && used.errors[0].contains("somebody else"))
        #expect(try await friends(nina).isEmpty, "nothing is left of what was refused")
        let other = try await invite(mum)
        let listed = try await mum.call("friend_invitations").result?.asArray
        #expect(listed?.count == 1 && listed?.first?["code"]?.asText == "\(other)")
        #expect(try await mum.call("friend_cancel", ["code": .text(other.ending)]).isOK)
        #expect(try await !accept(nina, "\(other)").isOK)
        #expect(
            try await mum.call("friend_cancel", ["code": .text(other.ending)]).reason
                == "BD-INVITATION-UNKNOWN")
        let own = try await invite(mum)
        #expect(try await accept(mum, "\(own)").reason == "BD-INVITE-OWN")
        let spoilt = try await accept(sam, "\(own)q")
        #expect(spoilt.reason == "BD-CODE-TYPO")
        #expect(try await accept(sam, "4-walnut-orbit").reason == "BD-CODE-TYPO")
        for node in [mum, sam, nina] { await node.node.stop() }
    }

    @Test func `gifts that cannot be kept are refused and leave nothing`() async throws {
        let mum = try await NodeStation()
        for give in ["63 MB", "x", "", "-5GB"] {
            let answer = try await mum.call("friend_invite", ["give": .text(give)])
            #expect(answer.reason == "BD-GIFT", "\(give)")
        }
        let much = try await mum.call("friend_invite", ["give": "900 PB"])
        #expect(much.reason == "BD-GIFT-ROOM", "\(much.value)")
        let paused = try await mum.call(
            "config_set", ["key": "services/supplier/paused", "value": "true"])
        #expect(paused.isOK)
        #expect(
            try await mum.call("friend_invite", ["give": "64MB"]).reason == "BD-SUPPLIER-PAUSED")
        #expect(try await mum.call("friend_invitations").result == [])
        await mum.node.stop()
    }

    // MARK: In between

    /// A node that answers everything with what it is given, and notes what it was asked.
    private final class Impostor: Sendable {
        let customer: StoreCustomer
        let asked = Mutex<[[UInt8]]>([])
        let listener: SessionListener

        init(seed: UInt64, threads: NetworkThreads, answer: [UInt8]) async throws {
            customer = try StoreCustomer(seed: seed)
            let identity = try SessionIdentity(
                certificate: customer.certificate, deviceKey: customer.device,
                random: SystemRandom())
            let slot = Slot()
            let setup = SessionSetup(identity: identity, admits: { _ in true }) { _, request in
                slot.note(request.header)
                return SessionResponse(header: answer)
            }
            listener = try await SessionListener.open(
                at: Endpoint(FriendTests.loopback, port: 0), setup: setup, threads: threads)
            self.slot = slot
        }

        private let slot: Slot
        var headers: [[UInt8]] { slot.headers.withLock { $0 } }

        final class Slot: Sendable {
            let headers = Mutex<[[UInt8]]>([])
            func note(_ header: [UInt8]) { headers.withLock { $0.append(header) } }
        }
    }

    @Test func `who answers in the inviter's place is named and hears nothing`() async throws {
        let (mum, sam) = (try await NodeStation(), try await NodeStation())
        let threads = NetworkThreads()
        let taken = InvitationAnswer.taken(gift: 1 << 40, name: DisplayName("mum")!).encoded()
        let impostor = try await Impostor(seed: 8, threads: threads, answer: taken)
        let code = try await invite(mum)
        let false0 = InvitationCode(
            places: PeerAddresses(direct: [impostor.listener.localEndpoint]),
            fingerprint: code.fingerprint, token: code.token)
        let answer = try await accept(sam, "\(false0)")
        #expect(answer.reason == "BD-INVITE-STRANGER")
        #expect(answer.errors.first?.contains(impostor.customer.owner.short) == true)
        #expect(impostor.headers.isEmpty, "neither the token nor anything else was said")
        #expect(try await friends(sam).isEmpty)
        // With the right place behind it the code still leads to the right node.
        let both = InvitationCode(
            places: PeerAddresses(
                direct: [impostor.listener.localEndpoint] + code.places.direct.prefix(1)),
            fingerprint: code.fingerprint, token: code.token)
        #expect(try await accept(sam, "\(both)").isOK)
        #expect(impostor.headers.isEmpty)
        await impostor.listener.close()
        for node in [mum, sam] { await node.node.stop() }
        await threads.stop()
    }

    @Test func `tokens cannot be guessed, and broken requests change nothing`() async throws {
        let mum = try await NodeStation()
        let code = try await invite(mum)
        let threads = NetworkThreads()
        let guesser = try StoreCustomer(seed: 4)
        let identity = try SessionIdentity(
            certificate: guesser.certificate, deviceKey: guesser.device, random: SystemRandom())
        let setup = SessionSetup(identity: identity, admits: { _ in true }) { _, _ in
            throw SessionRefusal.notAllowed
        }
        let session = try await SessionDialer(setup: setup, threads: threads).dial(
            [try #require(code.places.direct.first)], expecting: nil, deadline: .seconds(60))
        func ask(_ header: [UInt8]) async -> InvitationAnswer? {
            let answer = try? await session.request(SessionRequest(header: header))
            return answer.flatMap { try? InvitationAnswer($0.header) }
        }
        func request(_ token: [UInt8]) -> [UInt8] {
            InvitationRequest(
                token: token, gift: 1 << 30, name: DisplayName("x")!, places: PeerAddresses()
            ).encoded()
        }
        let good = request(code.token)
        for count in stride(from: 8, to: good.count, by: 3) {
            #expect(await ask(Array(good[..<count])) == nil)
        }
        for number in 0..<UInt8(Limits.invitationTriesMax) {
            let wrong = [UInt8](repeating: number, count: Limits.invitationTokenLength)
            #expect(await ask(request(wrong)) == .refused(.unknown))
        }
        #expect(await ask(good) == .refused(.tooManyTries), "not even the right one now")
        #expect(try await friends(mum).isEmpty)
        await session.close()
        await mum.node.stop()
        await threads.stop()
    }

    // MARK: The end

    @Test func `a friendship that ends deletes nothing and gives the room back`() async throws {
        let (mum, sam) = (try await NodeStation(), try await NodeStation())
        #expect(try await accept(sam, "\(invite(mum, give: "9 GB", ["name": "sam"]))").isOK)
        let user = try #require(try await friends(mum).first?["id"]?.asText)
        let removed = try await mum.call("friend_remove", ["user_id": "sam"])
        #expect(removed.isOK && removed.result?["id"]?.asText == user)
        #expect(try await friends(mum).isEmpty)
        #expect(
            try await mum.call("friend_remove", ["user_id": "sam"]).errors == ["friend not found"])
        let rejected = try await mum.call(
            "config_get", ["key": "services/supplier/rejected-customers"])
        #expect("\(rejected.value)".contains(user))
        // A new invitation takes this back.
        #expect(try await accept(sam, "\(invite(mum, ["name": "sam"]))").isOK)
        let forgiven = try await mum.call(
            "config_get", ["key": "services/supplier/rejected-customers"])
        #expect(!"\(forgiven.value)".contains(user))
        for node in [mum, sam] { await node.node.stop() }
    }
}
