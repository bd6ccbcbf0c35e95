internal import APIModel
internal import Model
internal import Pipelines

/// What the commands about friends print.
enum FriendText {
    static func size(_ value: APIValue?) -> String {
        value?.asInteger.map { sizeText(UInt64(clamping: $0)) } ?? "?"
    }

    // MARK: Invitations

    static func invited(
        _ made: APIValue, give: String, expires: String, _ context: CommandContext
    ) -> [String] {
        let friend = made["name"]?.asText ?? "your friend"
        var lines = [
            "",
            "Send this code to \(friend) by a way that you trust: it works once, for \(expires).",
            "There:  bitdust accept CODE --give \(give)",
            "Then:   " + context.command("backup PATH --to friends"),
        ]
        lines += (made["notes"]?.asArray ?? []).compactMap(\.asText)
        if made["local_only"]?.asBool == true {
            let places = (made["places"]?.asArray ?? []).compactMap(\.asText)
            lines.append(
                "Note: the code names \(places.joined(separator: " and ")), which nobody reaches "
                    + "from outside of this network. For others open the port and say "
                    + "`bitdust set services/network/external-address ADDRESS`, or join a network "
                    + "that has routers.")
        }
        return lines
    }

    static func invitations(_ all: [APIValue], now: Int64) -> [String] {
        guard !all.isEmpty else { return [] }
        let rows = all.map { item in
            let left = max(0, (item["expires"]?.asInteger ?? 0) - now)
            return [
                item["name"]?.asText ?? "-", size(item["give_bytes"]),
                DayText.text(Double(left) / 86_400), item["code"]?.asText ?? "",
            ]
        }
        return SnapshotText.aligned(
            [["For", "Give", "Good for", "Code"]] + rows, rightAligned: [1])
    }

    static func accepted(
        _ made: APIValue, hired: HiringReport?, _ context: CommandContext
    ) -> [String] {
        let name = made["name"]?.asText ?? ""
        var lines = [
            "\(name) keeps up to \(size(made["gives_bytes"])) for you, "
                + "and you up to \(size(made["given_bytes"])) for \(name)."
        ]
        for (_, reason) in hired?.failed ?? [] {
            lines.append("  \(name) is no supplier yet: \(reason)")
        }
        let first = hired == nil ? "Until then your backups stay on the disks they are on. " : ""
        lines.append("Next: " + context.command("backup PATH --to friends"))
        if !first.isEmpty { lines.append("  " + first.trimmedAtEnd) }
        return lines
    }

    // MARK: Friends

    static func table(_ friends: [APIValue]) -> [String] {
        guard !friends.isEmpty else { return [] }
        let heading = ["Name", "ID", "State", "Gives", "Holds", "Given", "Stores here", "Way"]
        let rows = friends.map { friend in
            [
                friend["name"]?.asText ?? "", String((friend["id"]?.asText ?? "").prefix(8)),
                state(friend), size(friend["gives_bytes"]), size(friend["holds_bytes"]),
                size(friend["given_bytes"]), size(friend["stored_bytes"]),
                friend["path"]?.asText ?? "-",
            ]
        }
        return SnapshotText.aligned([heading] + rows, rightAligned: [3, 4, 5, 6])
    }

    private static func state(_ friend: APIValue) -> String {
        let gives = friend["gives_bytes"]?.asInteger ?? 0
        switch friend["state"]?.asText {
        case "PENDING": return "no answer yet"
        case "CONNECTED":
            if gives == 0 { return "there" }
            return friend["employed"]?.asBool == true ? "there, in use" : "there, not in use"
        case "OFFLINE": return "away"
        default: return "?"
        }
    }

    static func removed(
        _ removed: APIValue, _ member: FamilyMember?, _ context: CommandContext
    ) -> [String] {
        let name = removed["name"]?.asText ?? ""
        var lines = ["\(name) is no friend any more: nothing new of \(name) is taken"]
        if let stored = removed["stored_bytes"]?.asInteger, stored > 0 {
            lines.append(
                "  \(size(removed["stored_bytes"])) that \(name) has stored here can be read "
                    + "until \(name) takes them away")
        }
        if let member, member.fragmentCount > 0 {
            let count = countText(UInt64(member.fragmentCount), "fragment")
            lines.append(
                "  \(count) of yours are there, count and are read until they are stored "
                    + "elsewhere: " + context.command("rebuild"))
        }
        return lines
    }

    // MARK: Backups to friends

    /// `suppliers mum, dad, nina -> 2+1, expansion 1.5x, can lose any 1 (invite 1 more to lose 2)`
    static func family(_ names: [String]) -> String {
        let shown = names.count > 6 ? names.prefix(5) + ["\(names.count - 5) more"] : names[...]
        let list = shown.joined(separator: ", ")
        let count = names.count
        guard let scheme = ErasureScheme.automatic(supplierCount: count) else { return "" }
        let more = (1...Limits.fragmentCountMax).first { wanted in
            guard wanted > count, let other = ErasureScheme.automatic(supplierCount: wanted)
            else { return false }
            return other.parityCount > scheme.parityCount
        }
        let hint =
            more.flatMap { wanted in
                ErasureScheme.automatic(supplierCount: wanted).map {
                    " (invite \(wanted - count) more to lose any \($0.parityCount))"
                }
            } ?? ""
        if scheme.parityCount == 0 {
            return "supplier \(list) -> a sealed copy: it protects from the loss of this "
                + "machine, not of that one" + hint
        }
        let tenths = (scheme.fragmentCount * 10 + scheme.dataCount / 2) / scheme.dataCount
        return "suppliers \(list) -> \(scheme), expansion \(tenths / 10).\(tenths % 10)x, "
            + "can lose any \(scheme.parityCount)" + hint
    }
}
