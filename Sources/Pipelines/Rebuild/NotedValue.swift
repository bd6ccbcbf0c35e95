internal import Catalogs
internal import Model

/// A value that this machine keeps in a row of the catalog's settings for itself: a few numbers,
/// and records of one length after each other. What does not read is as if nothing had been noted.
protocol NotedValue {
    /// Of the row.
    static var name: String { get }
    init()
    /// Reads to the end.
    init(from reader: inout ByteReader) throws(FormatError)
    func write(to writer: inout ByteWriter)
}

extension NotedValue {
    init(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes, format: Self.name)
        self = (try? Self(from: &reader)) ?? Self()
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension Catalog {
    func noted<Value: NotedValue>(_: Value.Type = Value.self) throws -> Value {
        Value(try setting(Value.name) ?? [])
    }

    func note(_ value: some NotedValue) throws { try set(type(of: value).name, to: value.encoded) }
}
