// The node itself: process, network, configuration, services, state machines, events.

extension RouteTable {
    static let processRoutes = [
        Route(
            .get, id: "process/stop", short: "p/st", method: "process_stop",
            [.flag("instant", default: true)], changes: true, service: "process",
            answer: "nothing; the node stops after its answer"),
        Route(
            .get, id: "process/restart", short: "p/rst", method: "process_restart",
            changes: true, service: "process", answer: "restarted: true"),
        Route(
            .get, id: "process/health", short: "p/h", method: "process_health",
            service: "process", answer: "nothing: OK says that the node answers"),
        Route(
            .get, id: "process/info", short: "p/i", method: "process_info", service: "process",
            answer: "config, identity, contact, service, key, file, dht, share, group, network, "
                + "stream, automats: counts of each"),
        Route(
            .get, id: "process/debug", short: "p/d", method: "process_debug", changes: true,
            service: "process", isBuilt: false, answer: "never: no debugger is built in"),
        Route(
            .get, id: "api/openapi", short: "api", method: "api_openapi", service: "process",
            answer: "this document, without an envelope"),
    ]

    private static let networkParts = [
        "suppliers", "customers", "cache", "tcp", "udp", "proxy", "dht",
    ]

    static let networkRoutes = [
        Route(
            .post, id: "network/create", short: "nw/cr", method: "network_create",
            [.text("url", .mandatory, "URL or path of a network.json")], service: "network",
            answer: "the network that was stored"),
        Route(
            .post, id: "network/select", short: "nw/sel", method: "network_select",
            [.text("name", .mandatory)], service: "network",
            answer: "the network that is in use now"),
        Route(
            .get, id: "network/connected", short: "nw/con", method: "network_connected",
            [.seconds("wait_timeout", default: 10)], changes: true, waits: true, service: "network",
            answer: "nothing, after wait_timeout when all is well; else an error with a reason"),
        Route(
            .get, id: "network/disconnect", short: "nw/dcon", method: "network_disconnect",
            changes: true, service: "network", answer: "nothing"),
        Route(
            .get, id: "network/reconnect", short: "nw/rcon", method: "network_reconnect",
            changes: true, service: "network", answer: "nothing; message: reconnected"),
        Route(
            .get, id: "network/status", short: "nw/st", method: "network_status",
            networkParts.map { .flag($0) }, service: "network",
            answer: "p2p_connector_state, network_connector_state, idurl, global_id, "
                + "identity_sources, identity_contacts, identity_revision, and the parts asked "
                + "for; dht: udp_port, bytes, layers with contacts"),
        Route(
            .get, id: "network/info", short: "nw/i", otherIDs: ["network/details"],
            method: "network_info", networkParts.map { .flag($0, default: true) },
            service: "network", answer: "as network/status, with all parts unless refused"),
        Route(
            .get, id: "network/configuration", short: "nw/cf", method: "network_configuration",
            service: "network", answer: "the network.json in use, with live values by service"),
        Route(
            .get, id: "network/stun", short: "nw/stn", method: "network_stun",
            [
                .integer("udp_port", in: 0...65535, .otherwise(0)),
                .integer("dht_port", in: 0...65535, .otherwise(0)),
            ], service: "my_ip_port",
            answer: "result stun-success or stun-failed, type, ip, details"),
    ]

    static let configRoutes = [
        Route(
            .get, id: "config/list", short: "c/l", method: "configs_list",
            [.flag("sort"), .flag("include_info")], service: "process",
            answer: "items: key, value, type, label, readonly, default (info, min, max, "
                + "possible_values)"),
        Route(
            .get, id: "config/tree", short: "c/t", method: "configs_tree",
            [.flag("include_info")], service: "process", answer: "the items as a tree"),
        Route(
            .get, id: "config/get", short: "c/g", method: "config_get",
            [.pathRest("key", "as in services/customer/enabled"), .flag("include_info")],
            service: "process", answer: "a list of the item, or of what is below a directory"),
        Route(
            .post, id: "config/set", short: "c/s", method: "config_set",
            [.pathRest("key", "as in services/customer/enabled"), .value("value", .mandatory)],
            service: "process", answer: "a list of the item, with old_value"),
    ]

    static let serviceRoutes = [
        Route(
            .get, id: "service/list", short: "svc/l", method: "services_list",
            [.flag("with_configs")], service: "process",
            answer: "by name: index, id, name, state, enabled, installed, config_path, depends "
                + "(configs)"),
        Route(
            .get, id: "service/info", short: "svc/i", method: "service_info",
            [.path("service_name", "as in service_supplier, supplier, proxy-server")],
            service: "process", answer: "the item of one service"),
        Route(
            .post, id: "service/start", short: "svc/o", method: "service_start",
            [.path("service_name")], service: "process",
            answer: "nothing; message: service X switched on"),
        Route(
            .post, id: "service/stop", short: "svc/c", method: "service_stop",
            [.path("service_name")], service: "process",
            answer: "nothing; message: service X switched off"),
        Route(
            .post, id: "service/restart", short: "svc/r", method: "service_restart",
            [.path("service_name"), .seconds("wait_timeout", default: 15)], service: "process",
            answer: "nothing, when the service is on again"),
        Route(
            .get, id: "service/health", short: "svc/h", method: "service_health",
            [.path("service_name"), .seconds("wait_timeout", default: 0)], waits: true,
            service: "process",
            answer: "true or false; within wait_timeout as soon as it is on or has failed"),
    ]

    static let automatRoutes = [
        Route(
            .get, id: "automat/list", short: "st/l", otherIDs: ["state/list"],
            method: "automats_list", service: "process",
            answer: "index, id, name, state, repr, timers, events, past of each state machine"),
        Route(
            .get, id: "automat/info", short: "st/i", otherIDs: ["state/info"],
            method: "automat_info",
            [.integer("index", in: 0...Int64(Int32.max)), .text("automat_id")],
            service: "process", answer: "the item of one state machine"),
        Route(
            .post, id: "automat/events/start", short: "st/e/start",
            otherIDs: ["state/events/start"], method: "automat_events_start",
            [
                .integer("index", in: 0...Int64(Int32.max)), .text("automat_id"),
                .flag("state_unchanged"),
            ], service: "process",
            answer: "the item; from now on its changes are published as state-changed"),
        Route(
            .post, id: "automat/events/stop", short: "st/e/stop",
            otherIDs: ["state/events/stop"], method: "automat_events_stop",
            [.integer("index", in: 0...Int64(Int32.max)), .text("automat_id")],
            service: "process", answer: "the item"),
    ]

    static let eventRoutes = [
        Route(
            .get, id: "event/list", short: "ev/l", method: "events_list", service: "process",
            answer: "event_id and count of every kind of event so far"),
        Route(
            .post, id: "event/send", short: "ev/s", method: "event_send",
            [.path("event_id")], service: "process",
            answer: "event_id, created; the object sent is the event's data"),
        Route(
            .get, id: "event/listen", short: "ev/l", method: "event_listen",
            [
                .path("consumer_callback_id", "any name; it keeps the place in the events"),
                .seconds("polling_timeout", default: 60),
            ], changes: true, waits: true, service: "process",
            answer: "id, data, time of events since the last call; waits for one; none when the "
                + "time is over"),
        Route(
            .get, id: "event/stream", short: "ev/st", method: "event_stream",
            [.integer("since", in: 0...Int64.max, .optional, "send later events first")],
            waits: true, service: "process",
            answer: "server-sent events, until either side hangs up"),
    ]
}
