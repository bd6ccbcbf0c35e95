/// How the node is spoken to from this machine, what it logs, and where it keeps things.
package enum InterfaceSettings {
    package static let requiresSecret = Setting.boolean(
        "interface/api/auth-secret-enabled", true,
        "callers that are not processes of your own user must send the text of the file apisecret")
    package static let restEnabled = Setting.boolean(
        "interface/api/rest-http-enabled", true, "REST interface, on this machine only")
    package static let restPort = Setting.port(
        "interface/api/rest-http-port", 8180, "TCP port of the REST interface")
    package static let webSocketEnabled = Setting.boolean(
        "interface/api/web-socket-enabled", true, "WebSocket interface, on this machine only")
    package static let webSocketPort = Setting.port(
        "interface/api/web-socket-port", 8280, "TCP port of the WebSocket interface")

    static let all = [
        requiresSecret.definition, restEnabled.definition, restPort.definition,
        webSocketEnabled.definition, webSocketPort.definition,
    ]
}

package enum LogSettings {
    package static let debugLevel = Setting.integer(
        "logs/debug-level", 0, in: 0...24,
        "how much is logged: 0 what an operator wants to know, 1 and more for finding faults")
    package static let jsonEnabled = Setting.boolean(
        "logs/json-enabled", false, "log lines are JSON objects instead of text")
    package static let apiEnabled = Setting.boolean(
        "logs/api-enabled", false, "log each call of the REST and WebSocket interfaces")
    package static let statesEnabled = Setting.boolean(
        "logs/automat-transitions-enabled", false, "log each change of a state machine")
    package static let stateEventsEnabled = Setting.boolean(
        "logs/automat-events-enabled", false, "log each event that a state machine takes")
    package static let packetEnabled = Setting.boolean(
        "logs/packet-enabled", false, "log each packet in and out, without its content")

    static let all = [
        debugLevel.definition, jsonEnabled.definition, apiEnabled.definition,
        statesEnabled.definition, stateEventsEnabled.definition, packetEnabled.definition,
    ]
}

package enum PathSettings {
    package static let customers = Setting.folder(
        "paths/customers", "where fragments of your customers are kept; empty: in the home")
    package static let messages = Setting.folder(
        "paths/messages", "where messages are kept; empty: in the home")
    package static let restore = Setting.folder(
        "paths/restore", "where files are restored to when no target is named; empty: your home")

    static let all = [customers.definition, messages.definition, restore.definition]
}
