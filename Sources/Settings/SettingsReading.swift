internal import Model

/// What is wrong with a setting in the file or the environment.
package struct SettingsProblem: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// The file names what is no setting: of a newer or the older program, or mistyped.
        case unknownKey(nearest: String?, reason: String?)
        /// The value is not used; the setting has its default.
        case badValue(SettingValueError)
        case rule(SettingsRule.Violation)
    }

    package let key: SettingKey
    package let kind: Kind
    /// Line and column in the file, from 1; `nil` for what the environment says.
    package let place: Place?

    package struct Place: Equatable, Sendable {
        package let line: Int
        package let column: Int
    }
}

extension SettingsProblem: CustomStringConvertible {
    /// `settings.conf, line 4, column 12: logs/debug-level must be a whole number`.
    package var description: String {
        let start =
            place.map { "settings.conf, line \($0.line), column \($0.column)" } ?? "environment"
        switch kind {
        case .unknownKey(let nearest, let reason):
            let hint = reason ?? nearest.map { "did you mean \($0)?" }
            return "\(start): option \(key) does not exist" + (hint.map { "; \($0)" } ?? "")
        case .badValue(let problem): return "\(start): \(key) must be \(problem)"
        case .rule(let violation): return "\(start): \(violation.message)"
        }
    }

    /// Whether a node should not start like this: what was meant is not what would be done.
    package var isSevere: Bool {
        if case .unknownKey = kind { false } else { true }
    }
}

/// What a file and an environment come to.
struct SettingsReading: Sendable {
    let values: SettingValues
    private let problems: [SettingsProblem]

    init(_ file: SettingsFile, environment: [String: String], schema: SettingsSchema) {
        var values = SettingValues(schema: schema)
        var problems: [SettingsProblem] = []
        for (line, entry) in file.entries {
            func place(_ column: Int) -> SettingsProblem.Place { .init(line: line, column: column) }
            guard let definition = schema[entry.key] else {
                let kind = SettingsProblem.Kind.unknownKey(
                    nearest: nil, reason: schema.reason(againstKey: entry.key.path))
                problems.append(.init(key: entry.key, kind: kind, place: place(entry.keyColumn)))
                continue
            }
            do throws(SettingValueError) {
                values.set(entry.key, try definition.value(of: entry.value), .file(line: line))
            } catch {
                problems.append(
                    .init(key: entry.key, kind: .badValue(error), place: place(entry.valueColumn)))
            }
        }
        for definition in environment.isEmpty ? [] : schema.definitions {
            let variable = SettingsReading.variable(definition.key)
            guard let text = environment[variable] else { continue }
            do throws(SettingValueError) {
                let value = try definition.value(of: text)
                values.set(definition.key, value, .environment(variable: variable))
            } catch {
                problems.append(.init(key: definition.key, kind: .badValue(error), place: nil))
            }
        }
        self.values = values
        self.problems = problems + SettingsReading.broken(values, file)
    }

    /// What is wrong, with the keys that were most likely meant; looked for only here, since that
    /// takes longer than all the rest.
    var explained: [SettingsProblem] {
        var left = Limits.settingProposalCountMax
        return problems.map { problem in
            guard case .unknownKey(_, nil) = problem.kind, left > 0 else { return problem }
            left -= 1
            let nearest = values.schema.nearest(to: problem.key.path)
            return SettingsProblem(
                key: problem.key, kind: .unknownKey(nearest: nearest, reason: nil),
                place: problem.place)
        }
    }

    /// `BITDUST_SETTING_SERVICES_SUPPLIER_DONATED_SPACE`.
    static func variable(_ key: SettingKey) -> String {
        let name = key.path.replacing("/", with: "_").replacing("-", with: "_").uppercased()
        return "BITDUST_SETTING_" + name
    }

    private static func broken(_ values: SettingValues, _ file: SettingsFile) -> [SettingsProblem] {
        values.violations.map { violation in
            let entry = file.entries.last { violation.rule.keys.contains($0.entry.key) }
            return SettingsProblem(
                key: violation.rule.keys[0], kind: .rule(violation),
                place: entry.map { .init(line: $0.line, column: $0.entry.keyColumn) })
        }
    }
}
