// Who there is: identities, keys, users, friends, messages, groups, devices, the DHT.

extension RouteTable {
    static let identityRoutes = [
        Route(
            .get, id: "identity/get", short: "i/g", method: "identity_get",
            [.flag("xml_source")], service: "gateway",
            answer: "name, idurl, global_id, sources, contacts, certificates, scrubbers, postage, "
                + "date, version, revision, publickey, signature (xml)"),
        Route(
            .post, id: "identity/create", short: "i/c", method: "identity_create",
            [
                .text("username", .mandatory, "3 to 20 of a-z 0-9 _ -, first a letter"),
                .flag("join_network"),
                .list("preferred_servers", "identity servers to register with"),
            ], service: "network",
            answer: "the identity with its xml, when it is registered; that takes seconds"),
        Route(
            .post, id: "identity/backup", short: "i/b", method: "identity_backup",
            [.text("destination_filepath", or: ["destination_path"], .mandatory)],
            service: "gateway", answer: "local_path; message: a warning"),
        Route(
            .post, id: "identity/recover", short: "i/r", method: "identity_recover",
            [
                .text("private_key_source"), .text("private_key_local_file"),
                .text("known_idurl"), .flag("join_network"),
            ], service: "network", answer: "the identity with its xml"),
        Route(
            .delete, id: "identity/erase", short: "i/d", method: "identity_erase",
            [.flag("erase_private_key")], service: "gateway",
            answer: "never: not implemented"),
        Route(
            .put, id: "identity/rotate", short: "i/rot", method: "identity_rotate",
            service: "identity_propagate", answer: "the identity, old_sources, rotated"),
        Route(
            .put, id: "identity/heal", short: "i/h", method: "identity_heal",
            service: "identity_propagate", answer: "never: not implemented"),
        Route(
            .get, id: "identity/cache/list", short: "i/ch/l", method: "identity_cache_list",
            service: "gateway", answer: "identities of others that are known"),
    ]

    static let keyRoutes = [
        Route(
            .get, id: "key/list", short: "k/l", method: "keys_list",
            [.flag("sort"), .flag("include_private")], service: "gateway",
            answer: "key_id, alias, label, active, creator, is_public, public, private, size, "
                + "local_key_id, signature, signature_pubkey of each; master first"),
        Route(
            .get, id: "key/get", short: "k/g", method: "key_get",
            [
                .text("key_id", .mandatory), .flag("include_private"),
                .flag("include_signature"), .flag("generate_signature"),
            ], service: "gateway", answer: "one key"),
        Route(
            .post, id: "key/create", short: "k/c", method: "key_create",
            [
                .text("alias", .mandatory), .integer("key_size", in: 0...16384),
                .text("label", .otherwise("")), .flag("active", default: true),
                .flag("include_private"),
            ], service: "keys_registry", isBuilt: false, answer: "the new key"),
        Route(
            .post, id: "key/label", short: "k/lb", method: "key_label",
            [.text("key_id", .mandatory), .text("label", .mandatory)],
            service: "keys_registry", isBuilt: false, answer: "nothing"),
        Route(
            .post, id: "key/state", short: "k/st", method: "key_state",
            [.text("key_id", .mandatory), .value("active", .mandatory)],
            service: "keys_registry", isBuilt: false, answer: "nothing"),
        Route(
            .delete, id: "key/erase", short: "k/d", method: "key_erase",
            [.text("key_id", .mandatory)], service: "keys_registry", isBuilt: false,
            answer: "nothing; message: key X was erased"),
        Route(
            .put, id: "key/share", short: "k/s", method: "key_share",
            [
                .text("key_id", .mandatory), .text("trusted_user_id", .mandatory),
                .flag("include_private"), .flag("include_signature"), .flag("include_label"),
            ], service: "keys_registry", isBuilt: false, answer: "nothing"),
        Route(
            .post, id: "key/audit", short: "k/a", method: "key_audit",
            [
                .text("key_id", .mandatory), .text("untrusted_user_id", .mandatory),
                .flag("is_private"),
            ], service: "keys_registry", isBuilt: false, answer: "whether the user has the key"),
    ]

    private static let attempts: ClosedRange<Int64> = 1...100

    static let userRoutes = [
        Route(
            .post, .get, id: "user/ping", short: "us/png", method: "user_ping",
            [
                .user("user_id"), .seconds("timeout", default: 15),
                .integer("retries", in: 0...10, .otherwise(2)),
            ], changes: true, waits: true, service: "p2p_hookups",
            answer: "nothing; message: connected"),
        Route(
            .get, id: "user/status", short: "us/st", method: "user_status",
            [.user("user_id")], service: "p2p_hookups",
            answer: "contact_state, idurl, global_id"),
        Route(
            .get, id: "user/status/check", short: "us/st/c", method: "user_status_check",
            [.user("user_id"), .seconds("timeout", default: 15)], changes: true,
            waits: true, service: "p2p_hookups",
            answer: "contact_state, idurl, global_id, after a ping"),
        Route(
            .get, id: "user/search", short: "us/s", method: "user_search",
            [.path("nickname"), .integer("attempts", in: attempts, .otherwise(1))],
            waits: true, service: "entangled_dht",
            answer: "result exist or not exist, nickname, position, global_id, idurl"),
        Route(
            .get, id: "user/observe", short: "us/o", method: "user_observe",
            [.path("nickname"), .integer("attempts", in: attempts, .otherwise(3))],
            waits: true, service: "entangled_dht", answer: "as user/search, one for each position"),
    ]

    static let friendRoutes = [
        Route(
            .get, id: "friend/list", short: "fr/l", method: "friends_list",
            [.flag("check")], changes: true, service: "p2p_hookups",
            answer: "idurl, global_id, idhost, username, alias, contact_state, index, id, name, "
                + "state, gives_bytes, given_bytes, stored_bytes of each; after a try to reach "
                + "them with check"),
        Route(
            .post, id: "friend/add", short: "fr/a", method: "friend_add",
            [.user("trusted_user_id"), .text("alias", .otherwise(""))],
            service: "p2p_hookups",
            answer: "nothing; message: new friend has been added"),
        Route(
            .delete, id: "friend/remove", short: "fr/d", method: "friend_remove",
            [.user("user_id")], service: "p2p_hookups",
            answer: "id, name, stored_bytes; message: friend has been removed"),
        Route(
            .post, id: "friend/invite", short: "fr/i", method: "friend_invite",
            [
                .text("give", .mandatory, "room for the friend, as in 100GB"), .text("name"),
                .integer("seconds", in: 1...31_536_000, .optional, "until it is too old"),
            ], service: "p2p_hookups",
            answer: "code, give_bytes, name, expires, places, local_only, notes"),
        Route(
            .post, id: "friend/accept", short: "fr/ac", method: "friend_accept",
            [
                .text("code", .mandatory),
                .text("give", .mandatory, "room for the friend, as in 100GB"), .text("name"),
            ], service: "p2p_hookups",
            answer: "id, name, gives_bytes, given_bytes, address, notes"),
        Route(
            .get, id: "friend/invitations", short: "fr/il", method: "friend_invitations",
            service: "p2p_hookups", answer: "code, give_bytes, name, expires of each open one"),
        Route(
            .delete, id: "friend/cancel", short: "fr/ic", method: "friend_cancel",
            [.text("code", .mandatory, "or its last group")], service: "p2p_hookups",
            answer: "the invitation; message: taken back"),
    ]

    private static let page: [Parameter] = [
        .integer("offset", in: 0...Int64(Int32.max), .otherwise(0)),
        .integer("limit", in: 0...100_000, .otherwise(100)),
    ]

    static let messageRoutes = [
        Route(
            .get, id: "message/history", short: "msg/h", method: "message_history",
            [
                .text("id", .mandatory, "recipient or key id"), .text("sender_id"),
                .text("message_type", .otherwise("private_message")),
            ] + page, service: "message_history", isBuilt: false,
            answer: "doc: payload, sender, recipient, direction, conversation_id of each"),
        Route(
            .get, id: "message/conversation", short: "msg/c",
            method: "message_conversations_list", [.list("message_types")] + page,
            service: "message_history", isBuilt: false,
            answer: "key_id, label, state, type, conversation_id, started, last_updated of each"),
        Route(
            .get, id: "message/receive", short: "msg/r", method: "message_receive",
            [
                .path("consumer_callback_id"), .text("direction", .otherwise("incoming")),
                .list("message_types"), .seconds("polling_timeout", default: 60),
            ], changes: true, waits: true, service: "private_messages", isBuilt: false,
            answer: "data, recipient, sender, time, message_id, dir of each; waits for one"),
        Route(
            .post, id: "message/send", short: "msg/s", method: "message_send",
            [
                .user("recipient_id"), .value("data", .mandatory, "any object"),
                .seconds("ping_timeout", default: 30),
                .seconds("message_ack_timeout", default: 15),
            ], service: "private_messages", isBuilt: false,
            answer: "consumed; message: message sent"),
        Route(
            .post, id: "message/send/group", short: "msg/sg", method: "message_send_group",
            [.text("group_key_id", .mandatory), .value("data", .mandatory, "any object")],
            service: "private_groups", isBuilt: false,
            answer: "nothing; message: group message sent"),
    ]

    static let groupRoutes = [
        Route(
            .get, id: "group/list", short: "gr/l", method: "groups_list",
            service: "private_groups", isBuilt: false,
            answer: "index, id, name, state, active, group_key_id, label, creator, sequence "
                + "numbers of each"),
        Route(
            .post, id: "group/create", short: "gr/c", method: "group_create",
            [
                .text("creator_id"), .integer("key_size", in: 0...16384),
                .text("label", .otherwise("")), .seconds("timeout", default: 20),
            ], service: "private_groups", isBuilt: false, answer: "the key, group_key_id"),
        Route(
            .get, id: "group/info", short: "gr/i", method: "group_info",
            [.text("group_key_id", .mandatory)], service: "private_groups", isBuilt: false,
            answer: "one group"),
        Route(
            .get, id: "group/info/dht", short: "gr/dht", method: "group_info_dht",
            [.text("group_creator_id", or: ["group_creator_idurl", "id"], .mandatory)],
            service: "private_groups", isBuilt: false, answer: "the groups of a creator"),
        Route(
            .post, id: "group/join", short: "gr/j", method: "group_join",
            [
                .text("group_key_id", .mandatory), .flag("publish_events"),
                .flag("use_dht_cache"), .flag("wait_result", default: true),
            ], service: "private_groups", isBuilt: false,
            answer: "one group; message: group is connected"),
        Route(
            .delete, id: "group/leave", short: "gr/lv", method: "group_leave",
            [.text("group_key_id", .mandatory), .flag("erase_key")],
            service: "private_groups", isBuilt: false,
            answer: "nothing; message: group deactivated"),
        Route(
            .put, id: "group/reconnect", short: "gr/r", method: "group_reconnect",
            [.text("group_key_id", .mandatory), .flag("use_dht_cache")],
            service: "private_groups", isBuilt: false, answer: "one group"),
        Route(
            .put, id: "group/share", short: "gr/sh", method: "group_share",
            [
                .text("group_key_id", .mandatory), trusted, .seconds("timeout", default: 45),
                .flag("publish_events"),
            ], service: "private_groups", isBuilt: false, answer: "nothing"),
    ]

    /// Whom something is granted to.
    static let trusted = Parameter.user(
        "trusted_user_id", or: ["trusted_global_id", "trusted_idurl", "trusted_id"])

    private static let layer = Parameter.integer("layer_id", in: 0...255, .otherwise(0))

    static let dhtRoutes = [
        Route(
            .get, id: "dht/node/find", short: "d/n/f", method: "dht_node_find",
            [.text("node_id_64", or: ["dht_id"]), layer], waits: true, service: "entangled_dht",
            answer: "my_dht_id, lookup, closest_nodes: dht_id, address of each"),
        Route(
            .get, id: "dht/user/random", short: "d/u/r", method: "dht_user_random",
            [layer, .integer("count", in: 1...100, .otherwise(1))], waits: true,
            service: "entangled_dht",
            answer: "idurls of users found"),
        Route(
            .get, id: "dht/value/get", short: "d/v/g", method: "dht_value_get",
            [
                .text("key", .mandatory), .text("record_type", .otherwise("skip_validation")),
                layer,
            ], waits: true, service: "entangled_dht",
            answer: "read success with my_dht_id, key, value; or read failed with closest_nodes"),
        Route(
            .post, id: "dht/value/set", short: "d/v/s", method: "dht_value_set",
            [
                .text("key", .mandatory), .value("value", .mandatory, "an object with its type"),
                .integer("expire", in: 0...Int64(Int32.max), .optional, "seconds"),
                .text("record_type", .otherwise("skip_validation")), layer,
            ], service: "entangled_dht",
            answer: "write success or failed, my_dht_id, key, value, closest_nodes"),
        Route(
            .get, id: "dht/db/dump", short: "d/d/d", method: "dht_local_db_dump",
            service: "entangled_dht",
            answer: "key, value, sequence, expires_in (seconds) of what is kept for others, at "
                + "most 1000"),
    ]

    static let deviceRoutes = [
        device(.get, "list", "l", "devices_list", [], "name, url, instance, meta of each"),
        device(.get, "info", "i", "device_info", [.text("name", .mandatory)], "one device"),
        device(
            .post, "add", "a", "device_add",
            [
                .text("name", .mandatory), .flag("routed"), .flag("activate"),
                .flag("wait_listening"), .text("web_socket_host"),
                .integer("web_socket_port", in: 0...65535),
                .integer("key_size", in: 0...16384),
            ], "the new device"),
        device(
            .post, "start", "o", "device_start",
            [.text("name", .mandatory), .flag("wait_listening")], "one device"),
        device(.post, "stop", "c", "device_stop", [.text("name", .mandatory)], "nothing"),
        device(.delete, "remove", "d", "device_remove", [.text("name", .mandatory)], "nothing"),
        device(
            .post, "authorization/request", "a/req", "device_authorization_request",
            [
                .text("name", .mandatory), .text("client_public_key", .mandatory),
                .text("client_code", .mandatory),
            ], "the server's key and code"),
        device(
            .post, "authorization/generate", "a/gen", "device_authorization_generate",
            [
                .text("name", .mandatory), .integer("client_key_size", in: 0...16384),
                .flag("start", default: true), .flag("wait_listening"),
            ], "keys and codes of a new client"),
        device(
            .post, "authorization/reset", "a/r", "device_authorization_reset",
            [.text("name", .mandatory), .flag("start", default: true), .flag("wait_listening")],
            "one device"),
        device(
            .post, "authorization/client_code", "a/cc", "device_authorization_client_code",
            [.text("name", .mandatory), .text("client_code", .mandatory)], "nothing"),
        device(.get, "router/info", "r/i", "device_router_info", [], "the router's connections"),
    ]

    private static func device(
        _ verb: Route.Verb, _ name: String, _ short: String, _ method: String,
        _ parameters: [Parameter], _ answer: String
    ) -> Route {
        Route(
            verb, id: "device/\(name)", short: "dev/\(short)", method: method, parameters,
            service: "web_socket_communicator", isBuilt: false, answer: answer)
    }
}
