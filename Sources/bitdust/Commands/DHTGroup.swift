internal import APIModel
internal import ArgumentParser
internal import Model

struct DHTGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dht",
        abstract: "Look into the DHT: nodes, and values for trying it out.",
        discussion: """
            Examples:
              bitdust dht status
              bitdust dht find
              bitdust dht put greeting "hello"
              bitdust dht get greeting
            """,
        subcommands: [DHTStatus.self, DHTFind.self, DHTGet.self, DHTPut.self])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct DHTStatus: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what this node of the DHT does.",
        discussion: """
            Examples:
              bitdust dht status
            """)

    @OptionGroup var form: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let answer = try NodeClient(context).result("network_status", ["dht": true])
        guard !form.json else { return try context.console.out(answer) }
        guard let layer = answer.result?["dht"]?["layers"]?.asArray?.first else {
            throw Failure(
                "BD-API", .failed, "the DHT is off",
                remedy: "bitdust set services/entangled-dht/enabled true")
        }
        for key in [
            "node_id", "contacts", "buckets", "data_store_items", "packets_received",
            "packets_sent",
        ] {
            try context.console.out(
                key.replacing("_", with: " ").leftAligned(18)
                    + NodeText.plain(layer[key] ?? .null))
        }
    }
}

struct DHTFind: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Find the nodes nearest to an id.",
        discussion: """
            Examples:
              bitdust dht find
              bitdust dht find 8382544eb0be1bb262451f8239fb2df072424ba0
            """)

    @Argument(help: "40 hexadecimal digits (default: this node's own id).")
    var id: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let parameters: [String: APIValue] = id.map { ["dht_id": .text($0)] } ?? [:]
        let answer = try NodeClient(context).result("dht_node_find", parameters)
        for node in answer.result?["closest_nodes"]?.asArray ?? [] {
            try context.console.out(
                "\(node["dht_id"]?.asText ?? "")  \(node["address"]?.asText ?? "")")
        }
    }
}

struct DHTGet: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Read a value that `dht put` wrote, on whichever machine.",
        discussion: """
            Examples:
              bitdust dht get greeting
            """)

    @Argument(help: "Its name.")
    var name: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let key = try name.checkedUTF8("The name")
        let answer = try NodeClient(context).result("dht_value_get", ["key": .text(key)])
        guard answer.result?["read"]?.asText == "success",
            let value = answer.result?["value"]
        else {
            throw Failure(
                "BD-DHT-NOTHING", .failed, "the DHT has no value \(displayText(key.utf8))",
                remedy: "values are kept for two hours; write it again with `bitdust dht put`")
        }
        try context.console.out(NodeText.plain(value["data"] ?? value))
    }
}

struct DHTPut: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Write a value for trying the DHT out; anyone can read and replace it.",
        discussion: """
            Examples:
              bitdust dht put greeting "hello"
            """)

    @Argument(help: "Its name.")
    var name: String

    @Argument(help: "The text, at most about 900 bytes.")
    var text: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let answer = try NodeClient(context).result(
            "dht_value_set",
            [
                "key": .text(try name.checkedUTF8("The name")),
                "value": [
                    "type": "skip_validation", "data": .text(try text.checkedUTF8("The text")),
                ],
            ])
        guard answer.result?["write"]?.asText == "success" else {
            throw Failure(
                "BD-DHT-REFUSED", .failed, "no node of the DHT took the value",
                remedy: "make it shorter, or try again when `bitdust dht status` shows contacts")
        }
        let count = answer.result?["closest_nodes"]?.asArray?.count ?? 0
        try context.console.out("written to the \(count) nearest nodes")
    }
}
