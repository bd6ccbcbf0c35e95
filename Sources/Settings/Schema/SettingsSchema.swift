internal import Model

/// All settings there are.
package struct SettingsSchema: Sendable {
    /// Sorted by key.
    package let definitions: [SettingDefinition]
    private let places: [SettingKey: Int]
    private let shortNames: [String: String]
    private let retired: [String: String]

    package static let standard = SettingsSchema(
        InterfaceSettings.all + LogSettings.all + PathSettings.all + NetworkSettings.all
            + RouterSettings.all + DHTSettings.all + IdentitySettings.all + CustomerSettings.all
            + SupplierSettings.all + RebuilderSettings.all + PeopleSettings.all
            + ServiceSettings.all,
        shortNames: ShortNames.paths, retired: RetiredSettings.reasons)

    /// - Precondition: keys differ.
    init(
        _ definitions: [SettingDefinition], shortNames: [String: String] = [:],
        retired: [String: String] = [:]
    ) {
        self.definitions = definitions.sorted { $0.key < $1.key }
        self.places = Dictionary(
            uniqueKeysWithValues: self.definitions.enumerated().map { ($1.key, $0) })
        self.shortNames = shortNames
        self.retired = retired
    }

    package subscript(key: SettingKey) -> SettingDefinition? { places[key].map { definitions[$0] } }

    /// Finds what a person named: a key, a short name, or a key without `services/`.
    ///
    /// - Throws: ``SettingsError/unknownKey(_:nearest:reason:)`` or ``SettingsError/folder(_:)``.
    package func definition(named text: String) throws(SettingsError) -> SettingDefinition {
        let name = SettingsSchema.normal(text)
        let path = shortNames[name] ?? name
        for candidate in [path, "services/" + path] {
            if let key = SettingKey(candidate), let found = self[key] { return found }
        }
        if let reason = retired[path] ?? retired["services/" + path] {
            throw .unknownKey(text, nearest: nil, reason: reason)
        }
        if !children(of: name).isEmpty { throw .folder(name) }
        throw .unknownKey(text, nearest: nearest(to: name), reason: nil)
    }

    /// Short names of settings that there are, with their keys, sorted.
    package var usableShortNames: [(name: String, path: String)] {
        shortNames.sorted { $0.key < $1.key }.filter { retired[$0.value] == nil }
            .map { ($0.key, $0.value) }
    }

    /// Why a key of the older program is not here.
    func reason(againstKey path: String) -> String? { retired[path] }

    /// What is in a folder; the empty path is the root.
    package enum Child: Sendable {
        case setting(SettingDefinition)
        /// A folder and how many settings and folders it holds.
        case folder(path: String, childCount: Int)
    }

    /// The settings of a folder, `enabled` first, then its folders. Empty when there is none.
    package func children(of path: String) -> [Child] {
        let folder = SettingsSchema.normal(path)
        let prefix = folder.isEmpty ? "" : folder + "/"
        var children: [Child] = []
        var folders: [String] = []
        for definition in definitions where definition.key.path.hasPrefix(prefix) {
            let rest = definition.key.path.dropFirst(prefix.count)
            if let slash = rest.firstIndex(of: "/") {
                let name = prefix + rest[..<slash]
                if folders.last != name { folders.append(name) }
            } else {
                children.append(.setting(definition))
            }
        }
        return children
            + folders.map { .folder(path: $0, childCount: self.children(of: $0).count) }
    }

    /// Without blanks and slashes around it.
    private static func normal(_ text: String) -> String {
        let words = text.split { $0.isWhitespace }
        return words.joined(separator: " ").split(separator: "/").joined(separator: "/")
    }
}

extension SettingsSchema {
    /// The key that was most likely meant; `nil` when none is near.
    func nearest(to name: String) -> String? {
        guard name.utf8.count <= Limits.settingKeyLengthMax else { return nil }
        let typed = Array(name.lowercased().replacing("_", with: "-").utf8)
        let limit = min(Limits.settingDistanceMax, typed.count / 3)
        var best: (distance: Int, path: String)?
        for (text, path) in spellings {
            let distance = EditDistance.between(typed, Array(text.utf8))
            if distance <= limit, distance < (best?.distance ?? Int.max) { best = (distance, path) }
        }
        return best?.path
    }

    /// What people may have wanted to write, and the key that it means.
    private var spellings: [(text: String, path: String)] {
        definitions.flatMap { definition in
            let path = definition.key.path
            let name = String(definition.key.name)
            let short =
                path.hasPrefix("services/") ? String(path.dropFirst("services/".count)) : path
            return [path, short].map { ($0, path) } + (name == "enabled" ? [] : [(name, path)])
        }
            + usableShortNames.map { ($0.name, $0.path) }
    }
}

/// - SeeAlso: Damerau, “A technique for computer detection and correction of spelling errors”,
///   1964.
enum EditDistance {
    /// Letters inserted, left out, changed, or swapped with the next one.
    static func between(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var least = min(last[j + 1] + 1, row[j] + 1)
                least = min(least, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    least = min(least, before[j - 1] + 1)
                }
                row.append(least)
            }
            before = last
            last = row
        }
        return last[right.count]
    }
}
