internal import APIModel
internal import ArgumentParser
internal import Model

struct APICall: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "api",
        abstract: "Call a method of the node's interface.",
        discussion: """
            Examples:
              bitdust api network_status dht=1
              bitdust api config_set key=logs/debug-level value=8

            A value that is JSON is taken as that, everything else as text.
            """)

    @Argument(help: "The method, as in network_status.")
    var method: String

    @Argument(help: ArgumentHelp("Its parameters.", valueName: "name=value"))
    var parameters: [String] = []

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        for parameter in parameters where parameter.firstIndex(of: "=") == nil {
            throw ValidationError("A parameter is name=value, not '\(parameter)'.")
        }
    }

    func run(in context: CommandContext) throws {
        var values: [String: APIValue] = [:]
        for parameter in parameters {
            let text = try parameter.checkedUTF8("A parameter")
            guard let sign = text.firstIndex(of: "=") else { continue }
            let value = String(text[text.index(after: sign)...])
            let parsed = try? APIValue(parsing: Array(value.utf8))
            values[String(text[..<sign])] = parsed ?? .text(value)
        }
        let answer = try NodeClient(context).call(method, values)
        try context.console.out(answer)
        guard answer.isOK else {
            throw Shortfall(
                status: .failed, message: answer.errors.joined(separator: "; "))
        }
    }
}
