internal import Model

/// One datagram, read: ranges of its bytes, nothing copied.
package struct KRPCMessage {
    package enum Kind: Equatable {
        /// `nil` for a method that is not ours.
        case query(KRPC.Method?)
        case response
        case failure(code: Int)
    }

    package let bytes: [UInt8]
    package private(set) var kind = Kind.response
    package private(set) var transaction = 0..<0
    /// The id of the node that speaks; failures have none.
    package private(set) var sender: NodeID?
    /// `target` or `info_hash`.
    package private(set) var target: NodeID?
    package private(set) var token: Range<Int>?
    /// The item's value as the bencode that it is.
    package private(set) var value: Range<Int>?
    package private(set) var key: Range<Int>?
    package private(set) var salt: Range<Int>?
    package private(set) var signature: Range<Int>?
    package private(set) var sequence: Int64?
    package private(set) var expectedSequence: Int64?
    package private(set) var port: Int64?
    package private(set) var impliesPort = false
    /// Compact contacts: 26 bytes each, 38 with IPv6.
    package private(set) var nodes = 0..<0
    package private(set) var nodes6 = 0..<0
    /// The list of compact endpoints, as bencode.
    package private(set) var peers: Range<Int>?
    /// Our endpoint as the other node sees it, 6 bytes or 18.
    package private(set) var echo: Range<Int>?
    /// The sender answers no queries.
    package private(set) var isReadOnly = false

    /// Reads a whole datagram.
    package init(_ bytes: [UInt8]) throws(BencodeError) {
        self.bytes = bytes
        var reader = BencodeReader(bytes)
        var fields = Fields()
        try reader.dictionary { reader, key throws(BencodeError) in
            try self.readTop(&reader, key, &fields)
        }
        try reader.finish()
        try settle(fields, end: reader.offset)
    }

    /// What of the outermost dictionary is only understood once all of it is read.
    private struct Fields {
        var kind: UInt8 = 0
        var method: Range<Int>?
        var code: Int?
        var hasArguments = false
        var hasResults = false
    }

    private mutating func readTop(
        _ reader: inout BencodeReader, _ key: Range<Int>, _ fields: inout Fields
    ) throws(BencodeError) {
        let first = key.isEmpty ? 0 : bytes[key.lowerBound]
        switch (key.count, first) {
        case (1, UInt8(ascii: "a")):
            fields.hasArguments = true
            try readBody(&reader)
        case (1, UInt8(ascii: "r")):
            guard !fields.hasArguments else { throw .badField(offset: key.lowerBound) }
            fields.hasResults = true
            try readBody(&reader)
        case (1, UInt8(ascii: "e")): fields.code = try readCode(&reader)
        case (1, UInt8(ascii: "q")): fields.method = try reader.string()
        case (1, UInt8(ascii: "t")): transaction = try reader.string()
        case (1, UInt8(ascii: "y")):
            let text = try reader.string()
            fields.kind = text.count == 1 ? bytes[text.lowerBound] : 0
        case (2, _) where reader.spells(key, "ip"): echo = try reader.string()
        case (2, _) where reader.spells(key, "ro"): isReadOnly = try reader.integer() == 1
        default: try reader.skip()
        }
    }

    private mutating func settle(_ fields: Fields, end: Int) throws(BencodeError) {
        guard !transaction.isEmpty, transaction.count <= Limits.transactionLengthMax else {
            throw .badField(offset: end)
        }
        switch fields.kind {
        case UInt8(ascii: "q"):
            guard let method = fields.method, fields.hasArguments, sender != nil else {
                throw .badField(offset: end)
            }
            kind = .query(self.method(method))
        case UInt8(ascii: "r"):
            guard fields.hasResults, sender != nil else { throw .badField(offset: end) }
            kind = .response
        case UInt8(ascii: "e"):
            guard let code = fields.code else { throw .badField(offset: end) }
            kind = .failure(code: code)
        default: throw .badField(offset: end)
        }
    }

    private func method(_ name: Range<Int>) -> KRPC.Method? {
        let reader = BencodeReader(bytes)
        for method in KRPC.Method.allCases where reader.spells(name, method.name) {
            return method
        }
        return nil
    }

    /// `[code, text]`.
    private func readCode(_ reader: inout BencodeReader) throws(BencodeError) -> Int {
        var code: Int?
        try reader.list { reader throws(BencodeError) in
            if code == nil {
                code = Int(try reader.integer())
            } else {
                try reader.skip()
            }
        }
        guard let code else { throw .badField(offset: reader.offset) }
        return code
    }

    private mutating func readBody(_ reader: inout BencodeReader) throws(BencodeError) {
        try reader.dictionary { reader, key throws(BencodeError) in
            try self.readField(&reader, key)
        }
    }

    private mutating func readField(
        _ reader: inout BencodeReader, _ key: Range<Int>
    ) throws(BencodeError) {
        switch (key.count, key.isEmpty ? 0 : bytes[key.lowerBound]) {
        case (1, UInt8(ascii: "k")): self.key = try fixed(&reader, Bytes32.byteCount)
        case (1, UInt8(ascii: "v")): value = try reader.skip()
        case (2, _) where reader.spells(key, "id"): sender = try readID(&reader)
        case (3, _) where reader.spells(key, "cas"): expectedSequence = try reader.integer()
        case (3, _) where reader.spells(key, "seq"): sequence = try reader.integer()
        case (3, _) where reader.spells(key, "sig"): signature = try fixed(&reader, 64)
        case (4, _) where reader.spells(key, "port"): port = try reader.integer()
        case (4, _) where reader.spells(key, "salt"): salt = try reader.string()
        case (5, _) where reader.spells(key, "nodes"): nodes = try multiple(&reader, 26)
        case (5, _) where reader.spells(key, "token"): token = try reader.string()
        case (6, _) where reader.spells(key, "nodes6"): nodes6 = try multiple(&reader, 38)
        case (6, _) where reader.spells(key, "target"): target = try readID(&reader)
        case (6, _) where reader.spells(key, "values"): peers = try reader.skip()
        case (9, _) where reader.spells(key, "info_hash"): target = try readID(&reader)
        case (12, _) where reader.spells(key, "implied_port"):
            impliesPort = try reader.integer() != 0
        default: try reader.skip()
        }
    }

    private func readID(_ reader: inout BencodeReader) throws(BencodeError) -> NodeID {
        let range = try fixed(&reader, NodeID.byteCount)
        return NodeID(bytes, at: range.lowerBound)
    }

    private func fixed(
        _ reader: inout BencodeReader, _ count: Int
    ) throws(BencodeError) -> Range<Int> {
        let range = try reader.string()
        guard range.count == count else { throw .badField(offset: range.lowerBound) }
        return range
    }

    private func multiple(
        _ reader: inout BencodeReader, _ count: Int
    ) throws(BencodeError) -> Range<Int> {
        let range = try reader.string()
        guard range.count % count == 0 else { throw .badField(offset: range.lowerBound) }
        return range
    }
}

extension KRPCMessage {
    /// Calls `body` for each of the nodes that the other one names, those of IPv4 first.
    func forEachNode(_ body: (NodeID, Endpoint) -> Void) {
        forEachNode(in: nodes, addressLength: 4, body)
        forEachNode(in: nodes6, addressLength: 16, body)
    }

    private func forEachNode(
        in range: Range<Int>, addressLength: Int, _ body: (NodeID, Endpoint) -> Void
    ) {
        var start = range.lowerBound
        while start < range.upperBound {
            let address = start + NodeID.byteCount
            if let endpoint = endpoint(at: address..<address + addressLength + 2) {
                body(NodeID(bytes, at: start), endpoint)
            }
            start = address + addressLength + 2
        }
    }

    /// The endpoints of `values`; what is none is left out.
    var peerEndpoints: [Endpoint] {
        guard let peers else { return [] }
        var endpoints: [Endpoint] = []
        var reader = BencodeReader(bytes, range: peers)
        try? reader.list { reader throws(BencodeError) in
            if let endpoint = endpoint(at: try reader.string()) { endpoints.append(endpoint) }
        }
        return endpoints
    }

    /// Address and port in network order, 6 bytes or 18; `nil` for others and for port 0.
    func endpoint(at range: Range<Int>) -> Endpoint? {
        func word(_ offset: Int, _ count: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in offset..<offset + count { word = word << 8 | UInt64(bytes[index]) }
            return word
        }
        let start = range.lowerBound
        let address: IPAddress
        switch range.count {
        case 6: address = .v4(UInt32(truncatingIfNeeded: word(start, 4)))
        case 18:
            // Through the initialiser that knows of IPv4 in IPv6.
            guard let long = IPAddress(bytes: Array(bytes[start..<start + 16])) else { return nil }
            address = long
        default: return nil
        }
        let port = UInt16(truncatingIfNeeded: word(range.upperBound - 2, 2))
        return port > 0 ? Endpoint(address, port: port) : nil
    }
}
