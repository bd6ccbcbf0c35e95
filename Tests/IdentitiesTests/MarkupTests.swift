import Model
import Testing

@testable import Identities

struct MarkupTests {
    private func read(_ body: String) throws -> MarkupElement {
        try MarkupReader.read(MarkupReader.prologue + Array(body.utf8), format: "test")
    }

    @Test func `elements, text and the five entities are read and written`() throws {
        let element = try read("<a><b>1 &lt;&gt;&amp;&quot;&apos; 2</b>\n <c/><d></d></a>\n")
        #expect(element.children.map(\.name) == ["b", "c", "d"])
        #expect(element.children[0].text == "1 <>&\"' 2")
        var bytes: [UInt8] = []
        element.write(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "<a>\n  <b>1 &lt;&gt;&amp;&quot;&apos; 2</b>\n  <c/>\n  <d/>\n</a>\n")
    }

    @Test(arguments: [
        "", "<", "<a", "<a>", "<a></b>", "<a></a", "<a><b></a></b>", "<a/><b/>", "text", "<a/>text",
        "<a>&nbsp;</a>", "<a>&#65;</a>", "<a>&#x41;</a>", "<a>&amp</a>", "<a>&</a>", "<a>&;</a>",
        "<a>&lolololol;</a>", "<a b=\"1\"/>", "<a >x</a>", "<a / >", "<A/>", "<a1/>", "<a:b/>",
        "<!-- --><a/>", "<a><!-- --></a>", "<a><![CDATA[x]]></a>", "<?pi x?><a/>", "<a><?pi?></a>",
        "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<a>\t</a>", "<a>\r\n</a>", "<a>é</a>", "<a>\u{0}</a>", "<a>x<b/></a>", "<a><b/>x</a>",
        "<aaaaaaaaaaaaaaaaa/>", "</a>", "<a></a></a>",
    ])
    func `anything else of XML is refused`(body: String) {
        #expect(throws: FormatError.self) { try read(body) }
    }

    @Test func `bombs end at the limits`() throws {
        let lol = (0..<10).map { "<!ENTITY l\($0) \"\(String(repeating: "&l;", count: 10))\">" }
        let bombs = [
            "<!DOCTYPE l [\(lol.joined())]><l>&l9;</l>",
            String(repeating: "<a>", count: 10_000),
            "<a>" + String(repeating: "<b/>", count: 8_000) + "</a>",
            "<a " + (0..<6_000).map { "b\($0)=\"\"" }.joined(separator: " ") + "/>",
            "<a>" + String(repeating: "&amp;", count: 6_000),
            String(repeating: " ", count: 32_000),
            String(repeating: "<a>x</a>", count: 4_000),
        ]
        for bomb in bombs { #expect(throws: FormatError.self) { try read(bomb) } }
        let depth = Limits.identityDocumentDepthMax
        let nested = { (count: Int) in
            String(repeating: "<a>", count: count) + String(repeating: "</a>", count: count)
        }
        #expect(throws: Never.self) { try read(nested(depth)) }
        #expect(throws: FormatError.self) { try read(nested(depth + 1)) }
        let count = Limits.identityDocumentElementCountMax
        let list = { (count: Int) in
            "<a>\(String(repeating: "<b/>", count: count - 1))</a>"
        }
        #expect(throws: Never.self) { try read(list(count)) }
        #expect(throws: FormatError.self) { try read(list(count + 1)) }
        let long = Limits.identityDocumentLengthMax - MarkupReader.prologue.count - 7
        #expect(throws: Never.self) {
            try read("<a>\(String(repeating: "x", count: long))</a>")
        }
        #expect(throws: FormatError.self) {
            try read("<a>\(String(repeating: "x", count: long + 1))</a>")
        }
    }

    @Test func `base64 has one form for each value`() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8($0 * 13 & 255) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(Base64.encode(Array("fo".utf8)) == "Zm8=")
        for text in ["A", "AA", "AAA", "AA==AAAA", "AB==", "AAB=", "A===", "====", "AA=A", "A-AA"] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
    }

    @Test func `random and mutated bytes never trap`() throws {
        let document = try DocumentSamples().document.bytes
        let pieces = ["<a>", "</a>", "<b/>", "&lt;", "&", ";", "x", "\n", "<", ">", "<!", "/"]
        var state: UInt64 = 1
        func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        for _ in 0..<3000 {
            let text = (0..<below(30)).map { _ in pieces[below(pieces.count)] }.joined()
            fuzzMarkup(Array(text.utf8))
        }
        for _ in 0..<300 {
            var bytes = document
            for _ in 0...below(4) { bytes[below(bytes.count)] = UInt8(below(256)) }
            let start = below(bytes.count)
            if below(2) == 0 { bytes.removeSubrange(start..<min(bytes.count, start + below(50))) }
            fuzzIdentityDocument(bytes)
        }
        fuzzIdentityDocument(document)
    }
}
