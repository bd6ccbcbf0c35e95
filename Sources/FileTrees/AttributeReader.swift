internal import CKernels
internal import Glibc
internal import Model

/// Reads the extended attributes of one open file.
struct AttributeReader {
    let descriptor: Descriptor
    /// Opened by name only (O_PATH).
    let isNode: Bool

    /// Times a list or value that grew between two calls is asked for again.
    private static let attemptMax = 8

    /// All attributes that this user may see, sorted by name; none where there is no support.
    func read(_ path: () -> [UInt8]) throws(FileTreeError) -> [ExtendedAttribute] {
        let list = try bytes(path) { bd_list_attributes(descriptor.number, isNode, $0, $1) }
        guard let list, !list.isEmpty else { return [] }
        var attributes: [ExtendedAttribute] = []
        var total = 0
        for name in list.split(separator: 0) {
            let name = Array(name)
            let value = try name.withTerminated { terminated in
                Result { () throws(FileTreeError) in
                    try bytes(path) {
                        bd_get_attribute(descriptor.number, isNode, terminated, $0, $1)
                    }
                }
            }.get()
            // Removed since it was listed.
            guard let value else { continue }
            total += name.count + value.count + 8
            guard total <= Limits.attributesLengthMax else {
                throw .attributesTooLong(path: path())
            }
            attributes.append(ExtendedAttribute(name: name, value: value))
        }
        attributes.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return attributes
    }

    /// Asks for the length, then for the bytes, again while they grow; `nil` when there are none.
    private func bytes(
        _ path: () -> [UInt8], _ call: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(FileTreeError) -> [UInt8]? {
        var code = -Int(ERANGE)
        for _ in 0..<AttributeReader.attemptMax where code == -Int(ERANGE) {
            code = call(nil, 0)
            guard code > 0 else { break }
            let found = [UInt8](unsafeUninitializedCapacity: code) { buffer, count in
                code = call(buffer.baseAddress, buffer.count)
                count = max(0, code)
            }
            if code >= 0 { return found }
        }
        switch -code {
        case 0: return []
        case Int(ENODATA), Int(ENOTSUP): return nil
        default: throw .system(.readAttributes, path: path(), errno: Int32(-code))
        }
    }
}
