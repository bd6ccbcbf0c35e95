internal import Model
internal import Placement
internal import Rebuilding

/// What a rebuilder remembers of an owner's suppliers from round to round.
extension Delegation {
    /// Lines of supplier, nanoseconds of silence, and the wall clock, uptime and run of the machine
    /// when it was last asked; what does not read is as if nobody had been asked.
    func absences() -> [SupplierID: Absence] {
        let bytes =
            (try? HomeFile.readIfThere("\(directory)/watch", limit: Delegation.watchLengthMax))
            ?? []
        var found: [SupplierID: Absence] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 3, let id = SupplierID(hex: String(words[0])),
                let silence = UInt64(words[1]), let wall = Int64(words[2])
            else { continue }
            var absence = Absence()
            absence.silence = silence
            absence.idle = silence
            absence.lastLook = Absence.Moment(
                wall: wall, uptime: words.dropFirst(3).first.flatMap { UInt64($0) } ?? 0,
                boot: words.dropFirst(4).first.flatMap { UInt64($0) } ?? 0)
            found[id] = absence
        }
        return found
    }

    func note(_ absences: [SupplierID: Absence]) throws(Failure) {
        let text = absences.sorted { $0.key < $1.key }.compactMap { id, absence in
            absence.lastLook.map { look in
                "\(id) \(absence.silence) \(look.wall) \(look.uptime) \(look.boot)\n"
            }
        }.joined()
        try HomeFile.write(Array(text.utf8), to: "\(directory)/watch")
    }

    // MARK: Challenges without an answer

    /// Lines of supplier, `data` or `catalog`, row of the block, place in its fragment, and how
    /// often the challenge was put; what does not read is as if none waited.
    var contained: [SupplierID: ContainedChallenges] {
        let bytes =
            (try? HomeFile.readIfThere(auditsFile, limit: Delegation.watchLengthMax)) ?? []
        var found: [SupplierID: ContainedChallenges] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 5, let id = SupplierID(hex: String(words[0])),
                let row = Int(words[2]), row > 0, let offset = Double(words[3]),
                (0..<1).contains(offset), let silences = Int(words[4]),
                (1..<Limits.auditAttemptsMax).contains(silences)
            else { continue }
            let challenge = AuditSchedule.Challenge(
                fragment: row, offset: offset, silences: silences)
            switch words[1] {
            case "data": found[id, default: ContainedChallenges()].data = challenge
            case "catalog": found[id, default: ContainedChallenges()].catalog = challenge
            default: break
            }
        }
        return found
    }

    func note(_ contained: [SupplierID: ContainedChallenges]) throws {
        let before = self.contained
        let all = before.merging(contained) { $1 }
        guard all != before else { return }
        let text = all.sorted { $0.key < $1.key }.flatMap { id, waiting in
            [("data", waiting.data), ("catalog", waiting.catalog)].compactMap { name, challenge in
                challenge.map {
                    "\(id) \(name) \($0.fragment) \($0.offset) \($0.silences)\n"
                }
            }
        }.joined()
        try HomeFile.write(Array(text.utf8), to: auditsFile)
    }

    private var auditsFile: String { "\(directory)/audits" }

    private static let watchLengthMax = 1 << 20
}
