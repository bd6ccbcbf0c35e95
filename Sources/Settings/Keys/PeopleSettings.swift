internal import Model

/// Messages, groups and paired devices.
package enum PeopleSettings {
    package static let acknowledgesUnread = Setting.boolean(
        "services/private-messages/acknowledge-unread-messages-enabled", true,
        "tell a sender that a message has arrived before anyone has read it")
    package static let groupAckTimeout = Setting.integer(
        "services/private-groups/message-ack-timeout", 30, in: 1...3600,
        "seconds that the receipt of a group message may take")
    package static let routersMin = Setting.integer(
        "services/web-socket-communicator/min-connections", 3, in: 1...64,
        "routers that paired devices can use, at least")
    package static let routersMax = Setting.integer(
        "services/web-socket-communicator/max-connections", 5, in: 1...64,
        "routers that paired devices can use, at most")
    package static let deviceRouterHost = Setting.host(
        "services/web-socket-router/host",
        "the name of this machine as devices reach it; empty: its address")
    package static let deviceRouterPort = Setting.port(
        "services/web-socket-router/port", 8282, "TCP port of the router for paired devices")

    static let all = [
        acknowledgesUnread.definition, groupAckTimeout.definition, routersMin.definition,
        routersMax.definition, deviceRouterHost.definition, deviceRouterPort.definition,
    ]
}
