internal import Model

/// Which paths of a snapshot are wanted, seen from one directory of it.
struct PathSelection: Sendable {
    /// Components still to go, for each path; an empty path wants everything from here on.
    private let wanted: [ArraySlice<[UInt8]>]

    static let everything = PathSelection(wanted: [[]])

    init(paths: [[[UInt8]]]) {
        self.wanted = paths.isEmpty ? [[]] : paths.map { $0[...] }
    }

    private init(wanted: [ArraySlice<[UInt8]>]) {
        self.wanted = wanted
    }

    /// What is wanted below an entry; `nil` when nothing is, not even the entry.
    func below(_ name: [UInt8]) -> PathSelection? {
        if wanted.contains(where: \.isEmpty) { return .everything }
        let next = wanted.filter { $0.first == name }.map { $0.dropFirst() }
        return next.isEmpty ? nil : PathSelection(wanted: next)
    }
}
