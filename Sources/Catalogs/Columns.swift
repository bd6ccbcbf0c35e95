internal import Foundation
internal import GRDB
internal import Model

// GRDB takes blobs as `Data`; these are the only places where one is made.

struct Data32 {
    let data: Data

    init(_ bytes: Bytes32) {
        self.data = Data(bytes.array)
    }
}

extension Array where Element == UInt8 {
    var asData: Data { Data(self) }
}

extension Array where Element == Int {
    /// Small numbers, one byte each.
    var asData: Data { Data(map { UInt8($0) }) }
}

extension Row {
    /// The blob of a column, empty when it is.
    func bytes(_ column: String) throws -> [UInt8] {
        try withUnsafeData(named: column) { data in data.map { [UInt8]($0) } ?? [] }
    }
}
