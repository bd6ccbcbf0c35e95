package import Model
internal import Synchronization

/// How long a supplier has served, in nanoseconds: its own clock, which no jump of the machine's
/// clock moves. While the supplier is off, it stands.
///
/// ```
/// offset  length  field of service-time          docs/formats/supplier-protocol.md
///      0       8  magic "BDSRVTM1"
///      8       8  nanoseconds served
///     16       4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/supplier-protocol/service-time-v1.bin`.
package final class ServiceTime: Sendable {
    private struct State {
        var base: UInt64
        var start: UInt64
        var saved: UInt64
    }

    private let time: any TimeSource
    private let files: SmallFiles?
    private let directory: String
    private let state: Mutex<State>

    private static let name = "service-time"
    private static let magic: StaticString = "BDSRVTM1"

    /// Counts from zero, and forgets.
    package init(_ time: any TimeSource) {
        self.time = time
        files = nil
        directory = ""
        state = Mutex(State(base: 0, start: time.uptime, saved: 0))
    }

    /// Goes on from what is noted in `directory`; one that is damaged starts anew, which lengthens
    /// holds and never shortens one.
    package init(
        _ time: any TimeSource, directory: String, disk: any Disk
    ) throws(StoreError) {
        let files = SmallFiles(disk: disk)
        var served: UInt64 = 0
        do {
            served = ServiceTime.decode(
                try files.read("\(directory)/\(ServiceTime.name)", limit: 64))
        } catch {
            guard error.isMissing else { throw StoreError(error) }
        }
        self.time = time
        self.files = files
        self.directory = directory
        state = Mutex(State(base: served, start: time.uptime, saved: served))
    }

    /// Nanoseconds; never goes back.
    package var served: UInt64 {
        let uptime = time.uptime
        return state.withLock { $0.base &+ (uptime > $0.start ? uptime - $0.start : 0) }
    }

    package var seconds: UInt64 { served / 1_000_000_000 }

    /// Notes the time when it was not for a while; at once when `always` is set.
    package func save(always: Bool = false) throws(StoreError) {
        guard let files else { return }
        let served = served
        let isDue = state.withLock { state in
            guard always || served - state.saved >= Limits.serviceTimeSaveInterval else {
                return false
            }
            state.saved = served
            return true
        }
        guard isDue else { return }
        do {
            try files.publish(
                ServiceTime.encode(served), as: ServiceTime.name, in: directory)
        } catch {
            throw StoreError(error)
        }
    }

    package static func encode(_ served: UInt64) -> [UInt8] {
        var writer = ByteWriter(reserving: 20)
        writer.magic(magic)
        writer.integer(served)
        writer.checksum()
        return writer.bytes
    }

    /// Zero for bytes that are no service time.
    package static func decode(_ bytes: [UInt8]) -> UInt64 {
        guard var reader = try? ByteReader(checked: bytes, format: "service time"),
            (try? reader.expect(magic)) != nil, let served = try? reader.integer(UInt64.self),
            (try? reader.finish()) != nil
        else { return 0 }
        return served
    }
}
