import Model
import Settings
import Testing

@Suite struct SettingValueTests {
    @Test(
        arguments: [
            ("50 GB", 53_687_091_200), ("20GB", 21_474_836_480), ("250Mb", 262_144_000),
            ("250 mb", 262_144_000), ("8 G", 8_589_934_592), ("1K", 1024), ("1 KiB", 1024),
            ("1024", 1024), ("7 b", 7), ("7 bytes", 7), ("0", 0), ("1.5 GB", 1_610_612_736),
            ("0.5 KB", 512), ("0.000001 MB", nil), ("1 TB", 1_099_511_627_776),
            ("  2   MB  ", 2_097_152),
            ("1024 PB", 1 << 60), ("1025 PB", nil), ("0.5 PB", 562_949_953_421_312),
            ("0.999999 PB", nil), ("99999999999999999999", nil), ("17179869184 GB", nil), ("", nil),
            ("GB", nil), ("50 GB GB", nil), ("-1 GB", nil), ("+1 GB", nil), ("1,5 GB", nil),
            ("1..5 GB", nil), (".5 GB", nil), ("5. GB", nil), ("50 XB", nil), ("50 GBB", nil),
            ("٥ GB", nil), ("0x10", nil), ("1e3", nil), ("1.0000001 GB", nil), ("50 GB\u{0}", nil),
        ] as [(String, Int?)])
    func `sizes are read exactly or not at all`(text: String, expected: Int?) {
        #expect((try? DiskSpace(text)).map { Int($0.byteCount) } == expected)
    }

    @Test func `a size is written in its largest whole unit and reads back`() throws {
        #expect(DiskSpace.gigabytes(50).description == "50 GB")
        #expect(DiskSpace.megabytes(256).description == "256 MB")
        #expect(DiskSpace(byteCount: 1000).description == "1000 B")
        #expect(DiskSpace(byteCount: 0).description == "0 B")
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let shift = UInt64.random(in: 0...60, using: &generator)
            let size = DiskSpace(byteCount: (generator.next() & 0xfff) << shift & (1 << 60 - 1))
            #expect(try DiskSpace(size.description) == size)
        }
    }

    @Test func `booleans are read as people and the older program write them`() throws {
        let definition = InterfaceSettings.restEnabled.definition
        for text in ["true", "True", "1", "on", "ON", "yes", "Yes", "YES", "ok", " true "] {
            #expect(try definition.value(of: text) == .boolean(true), "\(text)")
        }
        for text in ["false", "False", "0", "off", "no"] {
            #expect(try definition.value(of: text) == .boolean(false), "\(text)")
        }
        for text in ["", "2", "maybe", "t", "true false", "ja"] {
            #expect(throws: SettingValueError.notBoolean) { try definition.value(of: text) }
        }
    }

    @Test func `numbers keep to their limits`() throws {
        let port = DHTSettings.udpPort.definition
        #expect(try port.value(of: "14441") == .integer(14441))
        #expect(try port.value(of: "1") == .integer(1))
        #expect(try port.value(of: "65535") == .integer(65535))
        #expect(throws: SettingValueError.tooSmall(limit: "1")) { try port.value(of: "0") }
        #expect(throws: SettingValueError.tooLarge(limit: "65535")) { try port.value(of: "65536") }
        for text in ["", "x", "1.5", "+1", "0x1", "99999999999999999999", "1 2"] {
            #expect(throws: SettingValueError.notInteger) { try port.value(of: text) }
        }
        let space = SupplierSettings.donatedSpace.definition
        #expect(throws: SettingValueError.tooSmall(limit: "64 MB")) { try space.value(of: "63 MB") }
        #expect(try space.value(of: "64 MB") == .diskSpace(.megabytes(64)))
        let factor = SupplierSettings.raiseFactor.definition
        #expect(try factor.value(of: "2.5") == .decimal(2.5))
        for text in ["nan", "inf", "-1", "1e2", "0x1p3", ""] {
            #expect(throws: SettingValueError.notDecimal) { try factor.value(of: text) }
        }
        #expect(throws: SettingValueError.tooSmall(limit: "1.0")) { try factor.value(of: "0.5") }
    }

    @Test func `selections, folders and hosts are held against what they may be`() throws {
        let number = CustomerSettings.suppliersNumber.definition
        #expect(try number.value(of: "4") == .text("4"))
        #expect(throws: SettingValueError.notAmong(number.choices)) { try number.value(of: "5") }
        let folder = PathSettings.restore.definition
        #expect(try folder.value(of: "/home/alice/re stored") == .text("/home/alice/re stored"))
        #expect(try folder.value(of: "") == .text(""))
        #expect(throws: SettingValueError.notAbsolutePath) { try folder.value(of: "restored") }
        let host = IdentitySettings.serverHost.definition
        #expect(try host.value(of: "Host-A.com") == .text("host-a.com"))
        #expect(throws: SettingValueError.notAHost) { try host.value(of: "http://host-a.com") }
        let address = NetworkSettings.listenAddress.definition
        #expect(try address.value(of: "::0001") == .text("::1"))
        #expect(throws: SettingValueError.notAnAddress) { try address.value(of: "host-a.com") }
    }

    @Test func `no value can make the line around it look like something else`() throws {
        let words = CustomerSettings.candidates.definition
        let folder = PathSettings.restore.definition
        for text in ["/a\u{1b}[2J", "/a\u{0}b", "/a\nb", "/a\u{202e}b", "/a\u{2028}b", "/a\u{7f}b"]
        {
            #expect(throws: SettingValueError.controlCharacter) { try folder.value(of: text) }
        }
        #expect(try words.value(of: "a\nb") == .text("a,b"))
        #expect(throws: SettingValueError.tooLong(limit: Limits.settingLengthMax)) {
            try folder.value(of: "/" + String(repeating: "a", count: Limits.settingLengthMax))
        }
    }

    @Test(
        arguments: [
            ("", ""), ("genesis", "genesis"), ("root", "genesis"), (" Genesis ", "genesis"),
            ("host-a.com:14441", "host-a.com:14441"), ("host-a.com", "host-a.com:14441"),
            ("host-a.com:14441, HOST-b.com:2", "host-a.com:14441,host-b.com:2"),
            ("1.2.3.4:5\n[::1]:6", "1.2.3.4:5,[::1]:6"), ("[::1]", "[::1]:14441"),
            ("a:1,a:1,b:2", "a:1,b:2"), (",,a:1,", "a:1"), ("a:0", nil), ("a:65536", nil),
            ("a:", nil),
            (":1", nil), ("a:1:2", nil), ("::1", nil), ("[::1", nil), ("[a]:1", nil), ("a:+1", nil),
            ("genesis,a:1", nil), ("a:1 root", nil), ("-a:1", nil), ("a..b:1", nil),
            ("1.2.3:4", nil),
            ("1.2.3.4.5:4", nil), ("http://a:1", nil), ("a/b:1", nil), ("[::1]x:1", nil),
        ] as [(String, String?)])
    func `known nodes are read or refused`(text: String, expected: String?) throws {
        let nodes = try? KnownNodes(text)
        #expect(nodes?.description == expected)
        if let nodes { #expect(try KnownNodes(nodes.description) == nodes) }
        let value = try? DHTSettings.knownNodes.definition.value(of: text)
        #expect(value == expected.map { .text($0) })
    }

    @Test func `the known servers of the requirements are read`() throws {
        let text =
            "host-a.com:80:6661,host-b.com:8080:6661,host-c.com:8080:6661,host-d.com:8080:6661"
        let servers = try KnownServer.list(text)
        #expect(
            servers.map(\.host.text) == ["host-a.com", "host-b.com", "host-c.com", "host-d.com"])
        #expect(servers.map(\.webPort) == [80, 8080, 8080, 8080])
        #expect(servers.allSatisfy { $0.tcpPort == 6661 })
        #expect(servers.map(\.description).joined(separator: ",") == text)
    }

    @Test(
        arguments: [
            ("", ""), ("a", "a:80:6661"), ("a:8084", "a:8084:6661"),
            ("a:80:1,b", "a:80:1,b:80:6661"),
            ("[::1]:80:6661", "[::1]:80:6661"), ("a:80:6661:1", nil), ("a:80:", nil), ("a::1", nil),
            ("genesis:0", nil), ("a b!", nil),
        ] as [(String, String?)])
    func `known servers are read or refused`(text: String, expected: String?) {
        let servers = try? KnownServer.list(text)
        #expect(servers?.map(\.description).joined(separator: ",") == expected)
    }

    @Test func `lists have a limit`() throws {
        let names = (0...Limits.settingListCountMax).map { "h\($0):1" }
        #expect(throws: SettingValueError.tooMany(limit: Limits.settingListCountMax)) {
            try KnownNodes(names.joined(separator: ","))
        }
        guard case .nodes(let nodes) = try KnownNodes(names.dropLast().joined(separator: ","))
        else {
            Issue.record("no list")
            return
        }
        #expect(nodes.count == Limits.settingListCountMax)
    }

    @Test func `random texts are read to what reads back, or refused`() throws {
        let alphabet = Array("ab1:.,[] -GgMm/\n\u{0}é")
        var generator = SeededGenerator(seed: 99)
        for _ in 0..<3000 {
            let length = Int.random(in: 0..<14, using: &generator)
            let text = String((0..<length).map { _ in alphabet.randomElement(using: &generator)! })
            for definition in SettingsSchema.standard.definitions.prefix(40) {
                guard let value = try? definition.value(of: text) else { continue }
                #expect(
                    try definition.value(of: value.description) == value, "\(text.debugDescription)"
                )
            }
        }
    }
}
