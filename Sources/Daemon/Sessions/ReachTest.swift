internal import Model
internal import Networking

/// Whether others can come to this node, asked of others: a peer is told our port and dials the
/// address that it sees us at.
///
/// ```
/// request header   "BDREACH1", port 2           docs/formats/session.md
/// answer header    "BDREACHA", 1 came or 0 not
/// ```
extension SessionHub {
    static let reachMagic = SessionHandlers.Magic("BDREACH1")
    private static let answerMagic = Array("BDREACHA".utf8)

    /// Asks nodes until one has come.
    ///
    /// What they find is what ``reach`` says from then on.
    ///
    /// - Returns: how many have tried and did not get here; `nil` when one did.
    func testReach(asking endpoints: [Endpoint]) async -> Int? {
        guard let running = current else { return 0 }
        let port = running.listener.localEndpoint.port
        let header = Array("BDREACH1".utf8) + [UInt8(port & 0xff), UInt8(port >> 8)]
        var (failures, asked) = (0, 0)
        for endpoint in endpoints.prefix(Limits.routerCandidateCountMax) {
            // Many places may have nobody who answers, or somebody who answers too much.
            guard asked < Limits.reachTestCount, !Task.isCancelled else { break }
            guard let session = try? await running.dialer.dial([endpoint], expecting: nil) else {
                continue
            }
            let answer = try? await session.request(
                SessionRequest(header: header), deadline: Limits.reachDeadline * 2)
            await running.pool.adopt(session)
            switch answer?.header {
            case SessionHub.answerMagic + [1]:
                return nil
            case SessionHub.answerMagic + [0]:
                failures += 1
                asked += 1
            default: break
            }
        }
        if failures > 0 { nobodyCame(asked: failures, port: port) }
        return failures
    }

    /// Dials who asks, at the address that its session comes from and nowhere else: who comes
    /// through a router has none. One at a time, and one address range now and then.
    func answerReach(
        _ peer: SessionPeer, _ request: SessionRequest
    ) async throws -> SessionResponse {
        guard request.header.count == 10, !isTestingReach, let running = current,
            let address = running.listener.openSessions.first(where: { $0.peer == peer })?
                .peerEndpoint?.address
        else { throw SessionRefusal.busy }
        guard admitsDialBack(to: address) else { throw SessionRefusal.busy }
        isTestingReach = true
        defer { isTestingReach = false }
        let port = UInt16(request.header[8]) | UInt16(request.header[9]) << 8
        guard port > 0 else { throw SessionRefusal.failed }
        let session = try? await running.dialer.dial(
            [Endpoint(address, port: port)],
            expecting: PeerName(peer.userID, device: peer.deviceID),
            deadline: Limits.reachDeadline)
        await session?.close()
        return SessionResponse(header: SessionHub.answerMagic + [session == nil ? 0 : 1])
    }
}
