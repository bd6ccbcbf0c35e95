import APIModel
import Testing

@Suite struct EnvelopeTests {
    private func line(_ envelope: APIEnvelope) -> String {
        String(decoding: envelope.value.line, as: UTF8.self)
    }

    @Test func `OK leaves out a result that is nothing, zero or empty`() {
        for nothing in [nil, false, 0, 0.0, "", [], [:]] as [APIValue] {
            #expect(line(.ok(nothing)) == #"{"status": "OK"}"#)
        }
    }

    @Test func `OK puts a scalar into a list and leaves lists and objects as they are`() {
        #expect(line(.ok("a")) == #"{"result": ["a"], "status": "OK"}"#)
        #expect(line(.ok(true)) == #"{"result": [true], "status": "OK"}"#)
        #expect(line(.ok([1])) == #"{"result": [1], "status": "OK"}"#)
        #expect(
            line(.ok(["a": 1], message: "m"))
                == #"{"message": "m", "result": {"a": 1}, "status": "OK"}"#)
    }

    @Test func `RESULT keeps what is empty and has fields beside it that replace none`() {
        #expect(line(.result([])) == #"{"result": [], "status": "OK"}"#)
        #expect(line(.result(false)) == #"{"result": false, "status": "OK"}"#)
        #expect(
            line(.result([1], errors: ["e"], more: ["revision": 3, "status": "x"]))
                == #"{"errors": ["e"], "result": [1], "revision": 3, "status": "OK"}"#)
    }

    @Test func `ERROR has its texts, a reason and details`() {
        #expect(
            line(.error("one", "two", reason: "r", more: ["errors": 1, "x": 2]))
                == #"{"errors": ["one", "two"], "reason": "r", "status": "ERROR", "x": 2}"#)
        #expect(
            line(.notStarted("entangled_dht"))
                == #"{"errors": ["service_entangled_dht() is not started"], "status": "ERROR"}"#)
    }

    @Test(
        arguments: [
            (0, "0.000000"), (123_456, "0.000123"), (1_999_999_999, "1.999999"),
            (61_000_000_000, "61.000000"), (UInt64.max, "18446744073.709551"),
        ] as [(UInt64, String)])
    func `execution is a text of seconds with six places`(nanoseconds: UInt64, text: String) throws
    {
        let printed = APIEnvelope.ok().printed(after: nanoseconds)
        #expect(
            String(decoding: printed, as: UTF8.self)
                == "{\n  \"execution\": \"\(text)\",\n  \"status\": \"OK\"\n}\n")
    }

    @Test func `an envelope that was sent is read again`() throws {
        let envelope = APIEnvelope.result(["a": 1], message: "m")
        let value = try APIValue(parsing: envelope.printed(after: 5))
        let read = try #require(APIEnvelope(value))
        #expect(read.isOK && read.result == ["a": 1] && read.message == "m")
        #expect(try #require(APIEnvelope(APIEnvelope.error("e").value)).errors == ["e"])
        #expect(APIEnvelope(["status": "MAYBE"]) == nil)
        #expect(APIEnvelope([]) == nil)
    }
}
