import Foundation
import Model
import Networking
import Simulation
import Testing

@testable import Daemon

/// Who is let in by a token, and how often.
@Suite struct InvitationBookTests {
    private let scratch: HomeScratch
    private let book: InvitationBook
    private let start = Timestamp(nanoseconds: 1_795_000_000_000_000_000)
    private let random = SeededRandom(seed: 5)

    init() throws {
        scratch = try HomeScratch()
        book = try InvitationBook(home: scratch.home)
    }

    private func user(_ number: UInt64) -> UserID {
        UserID(Bytes32(words: (number, 1, 2, 3)))
    }

    private func later(_ seconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: start.nanoseconds + seconds * 1_000_000_000)
    }

    @discardableResult
    private func add(gift: Int = 64 << 20, seconds: Int64 = 3600) throws -> Invitation {
        let code = InvitationCode(
            places: PeerAddresses(direct: [Endpoint("203.0.113.5:7771")!]),
            fingerprint: UserFingerprint(of: user(99)),
            token: random.bytes(Limits.invitationTokenLength))
        let invitation = Invitation(
            token: code.token, code: code.description, gift: gift, name: DisplayName("sam"),
            end: later(seconds), user: nil)
        try book.add(invitation, now: start)
        return invitation
    }

    private func refusal(_ token: [UInt8], _ user: UserID, _ now: Timestamp) throws
        -> InvitationRefusal?
    {
        switch try book.use(token, by: user, now: now) {
        case .success: nil
        case .failure(let refusal): refusal
        }
    }

    @Test func `a token lets one user in, and the same again`() throws {
        let invitation = try add()
        #expect(try refusal(invitation.token, user(1), start) == nil)
        #expect(try refusal(invitation.token, user(2), start) == .used)
        // Its answer was lost on the way; the time may be over by now.
        #expect(try refusal(invitation.token, user(1), later(7200)) == nil)
        #expect(book.open(at: start).isEmpty && book.reserved(at: start) == 0)
    }

    @Test func `one that is too old lets nobody in`() throws {
        let invitation = try add(seconds: 60)
        #expect(try refusal(invitation.token, user(1), later(60)) == .expired)
        #expect(try refusal(invitation.token, user(1), later(59)) == nil)
    }

    @Test func `no part of a token and no changed bit lets anybody in`() throws {
        let invitation = try add()
        for count in 0..<invitation.token.count {
            let part = Array(invitation.token[..<count])
            #expect(try refusal(part, user(1), start) == .unknown)
        }
        for bit in 0..<invitation.token.count * 8 {
            var changed = invitation.token
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try refusal(changed, user(1), start) == .unknown)
        }
        #expect(try refusal(invitation.token, user(1), start) == nil)
    }

    @Test func `what is open survives a restart and can be taken back by its last group`() throws {
        let (one, other) = (try add(gift: 100 << 20), try add(gift: 200 << 20))
        let again = try InvitationBook(home: scratch.home)
        #expect(again.all == [one, other] && again.reserved(at: start) == 300 << 20)
        #expect(try again.cancel(String(other.code.suffix(4)), now: start) == other)
        #expect(try again.cancel(other.code, now: start) == nil)
        #expect(try again.cancel("q", now: start) == nil)
        #expect(try InvitationBook(home: scratch.home).all == [one])
        #expect(again.reserved(at: later(4000)) == 0)
    }

    @Test func `a damaged file is told and nobody is let in`() throws {
        try add()
        try Data("[{\"code\":\"x\"}]".utf8).write(to: URL(filePath: scratch.home.invitations))
        #expect(throws: Failure.self) { try InvitationBook(home: scratch.home) }
        try Data("no JSON".utf8).write(to: URL(filePath: scratch.home.friends))
        #expect(throws: Failure.self) { try FriendBook(home: scratch.home) }
    }

    @Test func `as many invitations may wait as are worth it`() throws {
        for _ in 0..<Limits.invitationCountMax { try add() }
        #expect(throws: Failure.self) { try add() }
        try add0(after: Limits.invitationCountMax)
    }

    /// Old ones make room.
    private func add0(after count: Int) throws {
        let far = later(30 * 86_400)
        var fresh = try #require(book.all.first)
        #expect(book.all.count == count)
        fresh = Invitation(
            token: random.bytes(10), code: fresh.code, gift: fresh.gift, name: nil,
            end: Timestamp(nanoseconds: far.nanoseconds + 1), user: nil)
        try book.add(fresh, now: far)
        #expect(book.all == [fresh])
    }

    @Test func `who guesses is not heard after five wrong tokens, and others are`() {
        let tries = InvitationTries()
        let guesser = IPAddress("203.0.113.5")!
        for _ in 0..<Limits.invitationTriesMax {
            #expect(tries.admits(guesser, at: 10))
            tries.note(guesser, at: 10)
        }
        #expect(!tries.admits(guesser, at: 11))
        #expect(!tries.admits(IPAddress("203.0.113.77")!, at: 11), "the same range")
        #expect(tries.admits(IPAddress("203.0.114.5")!, at: 11))
        #expect(tries.admits(guesser, at: 10 + Limits.invitationTriesWindow))
        // Whoever has many addresses makes us forget, not run out of memory.
        for number in 0..<UInt32(Limits.invitationTrierCountMax * 2) {
            tries.note(.v4(0x0b00_0000 + number << 8), at: 20 + UInt64(number))
        }
        #expect(tries.admits(guesser, at: 5000))
    }

    @Test func `friends are kept, found by name or id, and end`() throws {
        let friends = try FriendBook(home: scratch.home)
        let sam = Friend(
            user: user(1), name: DisplayName("sam")!, gives: 5 << 30, given: 7 << 30,
            places: PeerAddresses(
                direct: [Endpoint("203.0.113.5:7771")!],
                routers: [Endpoint("[2001:db8::5]:7771")!]), since: start)
        let nina = Friend(
            user: user(2), name: DisplayName("nina")!, gives: 0, given: 0,
            places: PeerAddresses(), since: start, isPending: true)
        try friends.put(sam)
        try friends.put(nina)
        let again = try FriendBook(home: scratch.home)
        #expect(again.all == [sam, nina])
        #expect(again.named("sam") == [sam] && again.named("SAM").isEmpty)
        #expect(again.named(String(user(2).description.prefix(8))) == [nina])
        #expect(again.named(String(user(2).description.prefix(7))).isEmpty)
        #expect(again.gifts == [user(1): 7 << 30])
        #expect(try again.remove(user(1)) && !again.remove(user(1)))
        #expect(try FriendBook(home: scratch.home).all == [nina])
    }
}
