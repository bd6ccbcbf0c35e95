internal import Model

/// Some heads of a customer, newest first, as the payload of an answer: one after the other.
package struct HeadsPage: Equatable, Sendable {
    /// Heads that the supplier has of this customer.
    package let total: Int
    /// Bytes of each head of the payload, in order.
    package let lengths: [Int]

    static let headCountMax = Limits.headsKept * Limits.repositoriesPerCustomerMax
    /// Room for two of the longest: one always fits.
    static let roomMax = 2 * Limits.headLengthMax

    init(total: Int, lengths: [Int]) {
        self.total = total
        self.lengths = lengths
    }

    func encode(into writer: inout ByteWriter) {
        writer.integer(UInt32(total))
        writer.integer(UInt32(lengths.count))
        for length in lengths { writer.integer(UInt32(length)) }
    }

    init(from reader: inout ByteReader) throws(FormatError) {
        total = try reader.count(limit: HeadsPage.headCountMax, field: "total")
        let count = try reader.count(limit: total, field: "heads")
        var lengths: [Int] = []
        for _ in 0..<count {
            lengths.append(try reader.count(limit: Limits.headLengthMax, field: "head"))
        }
        self.lengths = lengths
    }
}
