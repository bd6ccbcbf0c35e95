internal import ErasureCoding
package import Model

/// A library to code beside ours.
package enum CodingLibrary: String, CaseIterable, Sendable {
    case isal
    /// By way of ``LibErasureCode``, which copies into and out of the library's own buffers.
    case liberasurecode

    /// Whether it is installed.
    package var isPresent: Bool {
        switch self {
        case .isal: LibISAL.shared != nil
        case .liberasurecode: (try? LibErasureCode(scheme: .measured)) != nil
        }
    }
}

extension ErasureScheme {
    /// What is measured when no scheme is named.
    package static let measured = ErasureScheme(dataCount: 4, parityCount: 4)!
}

extension Exercise {
    /// All parity fragments of `scheme`.
    static func coding(
        _ scheme: ErasureScheme, length: Int, against libraries: [CodingLibrary]
    ) -> Exercise {
        Exercise(.coding, detail(scheme, length)) {
            let field = FragmentField(scheme, length: length, missing: Array(scheme.parity))
            let code = ReedSolomon(scheme: scheme)
            var contenders = [
                field.contender("ours", .ours) {
                    try code.encode(data: field.sources, parity: field.targets)
                }, .memcpy(field.sources, to: field.targets),
            ]
            if libraries.contains(.isal), let library = LibISAL.shared {
                contenders.append(field.contender(library, library.codingTables(scheme)))
            }
            if libraries.contains(.liberasurecode), let other = try? LibErasureCode(scheme: scheme)
            {
                contenders.append(
                    field.contender("liberasurecode", .library) {
                        try other.encode(data: field.sources, parity: field.targets)
                    })
            }
            return contenders.keeping(field)
        }
    }

    /// As many data fragments as may be lost, all of them where there is enough parity.
    static func decoding(
        _ scheme: ErasureScheme, length: Int, against libraries: [CodingLibrary]
    ) -> Exercise {
        let lostCount = min(scheme.dataCount, scheme.parityCount)
        return reconstructing(
            .decoding, detail(scheme, length) + ", \(lostCount) lost",
            FragmentLoss(scheme, length: length, missing: Array(0..<lostCount)),
            against: libraries, ceiling: { .memcpy($0.sources, to: $0.targets) })
    }

    /// One fragment of those that are there: the input is read and little written.
    static func rebuilding(
        _ scheme: ErasureScheme, length: Int, against libraries: [CodingLibrary]
    ) -> Exercise {
        reconstructing(
            .rebuilding, detail(scheme, length) + ", 1 lost",
            FragmentLoss(scheme, length: length, missing: [0]),
            against: libraries, ceiling: { .reading($0.sources) })
    }

    private static func reconstructing(
        _ stage: Stage, _ detail: String, _ loss: FragmentLoss,
        against libraries: [CodingLibrary],
        ceiling: @escaping @Sendable (FragmentField) -> Contender
    ) -> Exercise {
        Exercise(stage, detail) {
            let field = FragmentField(loss.scheme, length: loss.length, missing: loss.missing)
            let code = ReedSolomon(scheme: loss.scheme)
            // Parity first, from the data that is lost then.
            try code.encode(
                data: (0..<loss.scheme.dataCount).map { UnsafeRawBufferPointer(field[$0]) },
                parity: loss.scheme.parity.map { field[$0] })
            let present = zip(field.sourcePositions, field.sources).map { ($0, $1) }
            var contenders = [
                field.contender("ours", .ours) {
                    try code.reconstruct(
                        loss.missing, present: present.map { (position: $0, bytes: $1) },
                        into: field.targets)
                }, ceiling(field),
            ]
            if libraries.contains(.isal), let library = LibISAL.shared,
                let tables = library.decodingTables(
                    loss.missing, present: field.sourcePositions, loss.scheme)
            {
                contenders.append(field.contender(library, tables))
            }
            return contenders.keeping(field)
        }
    }

    private static func detail(_ scheme: ErasureScheme, _ length: Int) -> String {
        "\(scheme), \(byteCountText(length))"
    }
}

extension ErasureScheme {
    fileprivate var parity: Range<Int> { dataCount..<fragmentCount }
}

/// Which fragments are gone.
private struct FragmentLoss: Sendable {
    let scheme: ErasureScheme
    let length: Int
    let missing: [Int]

    init(_ scheme: ErasureScheme, length: Int, missing: [Int]) {
        self.scheme = scheme
        self.length = length
        self.missing = missing
    }
}

/// All fragments of one block, some of which are computed from others.
///
/// They lie a page more than their length apart: at distances of a power of two they would push
/// each other out of the caches.
private final class FragmentField {
    let sourcePositions: [Int]
    let sources: [UnsafeRawBufferPointer]
    let targets: [UnsafeMutableRawBufferPointer]
    private let buffer: PageBuffer
    private let length: Int
    private let distance: Int

    init(_ scheme: ErasureScheme, length: Int, missing: [Int]) {
        let page = Limits.pageLength
        let distance = (length + page - 1) / page * page + page
        let buffer = PageBuffer(byteCount: distance * scheme.fragmentCount)
        let position = { (index: Int) in buffer[index * distance..<index * distance + length] }
        for index in 0..<scheme.dataCount {
            GeneratedBytes.incompressible(position(index), seed: UInt64(index))
        }
        let present = (0..<scheme.fragmentCount).filter { !missing.contains($0) }
        sourcePositions = Array(present.prefix(scheme.dataCount))
        sources = sourcePositions.map { UnsafeRawBufferPointer(position($0)) }
        targets = missing.map(position)
        self.buffer = buffer
        self.length = length
        self.distance = distance
    }

    subscript(position: Int) -> UnsafeMutableRawBufferPointer {
        buffer[position * distance..<position * distance + length]
    }

    func contender(
        _ name: String, _ role: Role, run: @escaping () throws -> Void
    ) -> Contender {
        let targets = targets
        return Contender(
            name, role, byteCount: sources.count * length, makesTheSame: role == .library,
            ready: {
                for target in targets { target.initializeMemory(as: UInt8.self, repeating: 0) }
            }, run: run, checksum: { checksum(of: targets.map { UnsafeRawBufferPointer($0) }) })
    }

    func contender(_ library: LibISAL, _ tables: [UInt8]) -> Contender {
        var tables = tables
        let sources = sources.map { UnsafeMutableRawPointer(mutating: $0.baseAddress!) }
        let targets = targets.map { $0.baseAddress! }
        let length = length
        return contender("ISA-L", .library) {
            library.compute(&tables, from: sources, into: targets, length: length)
        }
    }
}
