import Model
import Testing

@testable import Networking

/// Who may ask a silent bucket.
@Suite struct BucketSilenceTests {
    private let interval = Limits.objectTrialInterval
    private let noon = Timestamp(nanoseconds: 1_795_348_800_000_000_000)

    @Test func `one at a time tries a silent bucket, the others are refused at once`() {
        var silence = BucketSilence()
        #expect(silence.ask(at: 5) == .ask)
        #expect(silence.error == nil)
        silence.stayedSilent(.silent(reason: "no answer in time"), at: noon, uptime: 100)
        let error = ObjectError.silent(
            reason: "since \(noon.description.prefix(10)) 12:00:00 UTC: no answer in time")
        #expect(silence.error == error)
        #expect(silence.ask(at: 100) == .refused(error))
        #expect(silence.ask(at: 99 + interval) == .refused(error))
        #expect(silence.ask(at: 100 + interval) == .tryOnce)
        // Until that one is answered or given up.
        #expect(silence.ask(at: 100 + 50 * interval) == .refused(error))
        silence.stayedSilent(
            .silent(reason: "the connection ended"), at: Timestamp(nanoseconds: 0),
            uptime: 500 * interval)
        // Since when does not change; why does.
        #expect(
            silence.error
                == .silent(
                    reason: "since \(noon.description.prefix(10)) 12:00:00 UTC: "
                        + "the connection ended"))
        #expect(silence.ask(at: 501 * interval) == .tryOnce)
        silence.answered()
        #expect(silence.error == nil)
        #expect(silence.ask(at: 0) == .ask)
    }

    @Test func `those who were under way when it fell silent do not stop the next try`() {
        var silence = BucketSilence()
        #expect(silence.ask(at: 0) == .ask)
        #expect(silence.ask(at: 0) == .ask)
        let error = ObjectError.silent(reason: "no answer in time")
        silence.stayedSilent(error, at: noon, uptime: 10)
        silence.stayedSilent(error, at: noon, uptime: 20)
        #expect(silence.ask(at: 20 + interval) == .tryOnce)
        silence.stayedSilent(error, at: noon, uptime: 30 + interval)
        #expect(silence.ask(at: 30 + 2 * interval) == .tryOnce)
    }
}
