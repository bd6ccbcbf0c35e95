import APIModel
import Model
import Testing

@Suite struct JSONTests {
    private func parsed(_ text: String) throws(JSONError) -> APIValue {
        try APIValue(parsing: Array(text.utf8))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `a value prints with indent 2, sorted keys and a blank after the colon`() {
        let value: APIValue = [
            "result": [
                "dht": ["layers": [["contacts": 0, "active": true]]], "none": [], "o": [:],
            ],
            "half": 0.5, "idurl": nil, "status": "OK",
        ]
        #expect(
            text(value.printed) == """
                {
                  "half": 0.5,
                  "idurl": null,
                  "result": {
                    "dht": {
                      "layers": [
                        {
                          "active": true,
                          "contacts": 0
                        }
                      ]
                    },
                    "none": [],
                    "o": {}
                  },
                  "status": "OK"
                }

                """)
        #expect(
            text(APIValue.array([1, ["b": 2, "a": "x"]]).line) == #"[1, {"a": "x", "b": 2}]"#)
    }

    @Test func `keys are sorted by their bytes, whatever their letters`() {
        let value: APIValue = ["ä": 1, "b": 2, "B": 3, "a_": 4, "a": 5]
        #expect(text(value.line) == #"{"B": 3, "a": 5, "a_": 4, "b": 2, "ä": 1}"#)
    }

    @Test func `texts are escaped and read back`() throws {
        let value: APIValue = .text("a\"\\/\n\r\t\u{0}\u{1f}\u{7f}ä€😀")
        let line = value.line
        #expect(text(line) == #""a\"\\/\n\r\t\u0000\u001f\u007fä€😀""#)
        #expect(try APIValue(parsing: line) == value)
        #expect(try parsed(#""\u00e4\u20AC\uD83D\ude00\b\f\/""#) == "ä€😀\u{8}\u{c}/")
    }

    @Test(
        arguments: [
            ("0", .integer(0)), ("-1", .integer(-1)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("1.5", .number(1.5)), ("1e3", .number(1000)),
            ("-0.25E-1", .number(-0.025)), ("18446744073709551616", .number(18446744073709551616)),
        ] as [(String, APIValue)])
    func `numbers are integers when they are written so`(text: String, value: APIValue) throws {
        #expect(try parsed(text) == value)
        #expect(try APIValue(parsing: value.printed) == value)
    }

    @Test func `blanks stand anywhere between`() throws {
        #expect(
            try parsed(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n") == ["a": [1, 2], "b": [:]])
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}",
        "{a:1}", "{'a':1}", "{1:1}", "[1 2]", "1 2", "tru", "True", "nul", "nulll", "\"", "\"a",
        "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "Infinity", "1e999", "[1}", "}",
        "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
        "\"\\ud800x\"", "\"\u{1}\"", "\"\n\"", "/**/1", "[1,,2]", "{\"a\":1 \"b\":2}", "\u{feff}1",
        "\u{b}1", "--1", "1-",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try parsed(text) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        for bytes in [
            [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2],
        ] {
            #expect(throws: JSONError.self) {
                try APIValue(parsing: [0x22] + bytes.map(UInt8.init) + [0x22])
            }
        }
    }

    @Test func `a key that is there twice is refused, however it is written`() {
        #expect(throws: JSONError.duplicateKey("a")) { try parsed(#"{"a":1,"a":1}"#) }
        #expect(throws: JSONError.duplicateKey("a")) { try parsed(#"{"a":1,"\u0061":2}"#) }
        #expect(throws: JSONError.self) { try parsed(#"{"\u00e4":1,"a\u0308":2}"#) }
    }

    @Test func `depth 32 is read and 33 is not, and nothing deeper costs more`() throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = open == "[" ? "" : "0"
            func nested(_ depth: Int) -> String {
                String(repeating: open, count: depth) + inner
                    + String(repeating: close, count: depth)
            }
            _ = try parsed(nested(Limits.requestDepthMax))
            #expect(throws: JSONError.tooDeep(depthMax: 32)) {
                try parsed(nested(Limits.requestDepthMax + 1))
            }
        }
        #expect(throws: JSONError.tooDeep(depthMax: 32)) {
            try parsed(String(repeating: "[", count: 1 << 19))
        }
    }

    @Test func `a body of 1 MiB is read and a longer one is not looked at`() throws {
        let max = Limits.requestBodyLengthMax
        let longest = "\"" + String(repeating: "a", count: max - 2) + "\""
        #expect(try parsed(longest).asText?.utf8.count == max - 2)
        #expect(throws: JSONError.tooLong(byteCount: max + 1, byteCountMax: max)) {
            try parsed(longest + " ")
        }
        let digits = String(repeating: "1", count: Limits.requestNumberLengthMax)
        _ = try parsed(digits)
        #expect(throws: JSONError.badNumber(offset: 0)) { try parsed(digits + "1") }
    }

    @Test func `every truncation of an object is refused`() {
        let whole = Array(#"{"a": [1, -2.5e3, true, null], "b": {"c": "ä\u00e4"}}"#.utf8)
        for count in 0..<whole.count {
            #expect(throws: JSONError.self) { try APIValue(parsing: Array(whole.prefix(count))) }
        }
    }
}
