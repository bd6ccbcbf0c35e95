// What is stored where, and what moves: files, shares, suppliers, space, traffic, tokens.

extension RouteTable {
    private static let remotePath = Parameter.text("remote_path", .mandatory, "KEY$USER@HOST:PATH")

    static let fileRoutes = [
        Route(
            .get, id: "file/sync", short: "f/s", method: "files_sync", [.flag("force")],
            changes: true, service: "backups", isBuilt: false, answer: "nothing"),
        Route(
            .get, id: "file/list", short: "f/l", method: "files_list",
            [
                .text("remote_path"), .text("key_id"), .flag("recursive"),
                .flag("all_customers"), .flag("uploads"), .flag("downloads"),
            ], service: "backups", isBuilt: false,
            answer: "remote_path, global_id, customer, path_id, name, path, type, size, versions, "
                + "uploads, downloads of each; revision beside the result"),
        Route(
            .get, id: "file/list/all", short: "f/l/a", method: "files_list_all",
            service: "backups", isBuilt: false,
            answer: "as file/list with all_customers, uploads, downloads"),
        Route(
            .get, id: "file/exists", short: "f/e", method: "file_exists", [remotePath],
            service: "backups", isBuilt: false, answer: "exist, path_id"),
        Route(
            .get, id: "file/info", short: "f/i", method: "file_info",
            [remotePath, .flag("uploads", default: true), .flag("downloads", default: true)],
            service: "backups", isBuilt: false, answer: "one item of file/list"),
        Route(
            .post, id: "file/create", short: "f/c", method: "file_create",
            [remotePath, .flag("as_folder")], service: "backups", isBuilt: false,
            answer: "path_id, key_id, path, remote_path, global_id, customer, created, type"),
        Route(
            .delete, id: "file/delete", short: "f/d", method: "file_delete", [remotePath],
            service: "backups", isBuilt: false,
            answer: "path_id, path, remote_path, global_id, customer"),
        Route(
            .get, id: "file/upload", short: "f/u/l", method: "files_uploads",
            [.flag("running", default: true), .flag("pending", default: true)],
            service: "backups", isBuilt: false, answer: "running, pending"),
        Route(
            .post, id: "file/upload/start", short: "f/u/o", method: "file_upload_start",
            [
                .text("local_path", .mandatory), remotePath, .flag("wait_result"),
                .flag("publish_events"),
            ], service: "backups", isBuilt: false,
            answer: "remote_path, key_id, source_path, path_id (version)"),
        Route(
            .post, id: "file/upload/stop", short: "f/u/c", method: "file_upload_stop",
            [remotePath], service: "backups", isBuilt: false, answer: "nothing"),
        Route(
            .get, id: "file/download", short: "f/d/l", method: "files_downloads",
            service: "restores", isBuilt: false, answer: "downloads that run"),
        Route(
            .post, id: "file/download/start", short: "f/d/o", method: "file_download_start",
            [
                remotePath, .text("destination_folder"), .flag("wait_result"),
                .flag("publish_events"),
            ], service: "restores", isBuilt: false,
            answer: "downloaded, key_id, backup_id, local_path, path_id, remote_path"),
        Route(
            .post, id: "file/download/stop", short: "f/d/c", method: "file_download_stop",
            [remotePath], service: "restores", isBuilt: false, answer: "nothing"),
        Route(
            .get, id: "file/explore", short: "f/x", method: "file_explore",
            [.text("local_path", .mandatory)], changes: true, service: "backups",
            isBuilt: false, answer: "nothing; the system's file manager opens"),
    ]

    private static let keyID = Parameter.text("key_id", .mandatory)

    static let shareRoutes = [
        Route(
            .get, id: "share/list", short: "sh/l", method: "shares_list",
            [.flag("active"), .flag("mine", default: true), .flag("granted", default: true)],
            service: "shared_data", isBuilt: false,
            answer: "index, id, name, state, active, key_id, alias, label, creator, suppliers, "
                + "ecc_map, revision of each"),
        Route(
            .get, id: "share/info", short: "sh/i", method: "share_info", [keyID],
            service: "shared_data", isBuilt: false, answer: "one share"),
        Route(
            .post, id: "share/create", short: "sh/c", method: "share_create",
            [
                .text("owner_id"), .integer("key_size", in: 0...16384),
                .text("label", .otherwise("")), .flag("active", default: true),
            ], service: "shared_data", isBuilt: false, answer: "the key of the share"),
        Route(
            .delete, id: "share/delete", short: "sh/d", method: "share_delete", [keyID],
            service: "shared_data", isBuilt: false, answer: "nothing"),
        Route(
            .put, id: "share/grant", short: "sh/g", method: "share_grant",
            [keyID, trusted, .seconds("timeout", default: 30), .flag("publish_events")],
            service: "shared_data", isBuilt: false, answer: "nothing; message: access granted"),
        Route(
            .post, id: "share/open", short: "sh/o", method: "share_open",
            [keyID, .flag("publish_events")], service: "shared_data", isBuilt: false,
            answer: "one share"),
        Route(
            .delete, id: "share/close", short: "sh/cl", method: "share_close", [keyID],
            service: "shared_data", isBuilt: false, answer: "one share"),
        Route(
            .get, id: "share/history", short: "sh/h", method: "share_history",
            service: "shared_data", isBuilt: false, answer: "never: not implemented"),
    ]

    private static let customer = Parameter.text("customer_id", or: ["customer_idurl", "id"])

    private static let supplier: [Parameter] = [
        .integer("position", or: ["pos", "index"], in: 0...254),
        .text("supplier_id", or: ["supplier_idurl", "supplier_glob_id"]),
    ]

    private static func successor(_ need: Parameter.Need) -> Parameter {
        .text("new_supplier_id", or: ["new_global_id", "new_idurl"], need)
    }

    static let supplierRoutes = [
        Route(
            .get, id: "supplier/list", short: "su/l", method: "suppliers_list",
            [customer, .flag("verbose")], service: "employer",
            answer: "position, supplier_id, idurl, global_id, address, supplier_state, "
                + "contact_state, failure, contract of each (fragments)"),
        Route(
            .get, id: "supplier/list/dht", short: "su/dht", method: "suppliers_list_dht",
            [customer], service: "entangled_dht", isBuilt: false,
            answer: "suppliers, ecc_map, customer_idurl, revision, publisher_idurl, timestamp"),
        Route(
            .post, id: "supplier/change", short: "su/c", method: "supplier_change",
            supplier + [successor(.optional)], service: "employer", answer: "nothing"),
        Route(
            .delete, id: "supplier/replace", short: "su/r", method: "supplier_replace",
            supplier, service: "employer", answer: "nothing"),
        Route(
            .put, id: "supplier/switch", short: "su/sw", method: "supplier_switch",
            supplier + [successor(.mandatory)], service: "employer", answer: "nothing"),
        Route(
            .post, id: "supplier/ping", short: "su/png", method: "suppliers_ping",
            service: "customer", answer: "asked, answered: how many suppliers"),
    ]

    static let customerRoutes = [
        Route(
            .get, id: "customer/list", short: "cu/l", method: "customers_list",
            service: "supplier",
            answer: "position, global_id, idurl, contact_state, contract of each"),
        Route(
            .delete, id: "customer/reject", short: "cu/d", method: "customer_reject",
            [.user("customer_id"), .flag("erase_customer_key", default: true)],
            service: "supplier", answer: "nothing"),
        Route(
            .post, id: "customer/ping", short: "cu/png", method: "customers_ping",
            service: "supplier", answer: "nothing"),
        Route(
            .get, id: "donation/status", short: "do/st", method: "donation_status",
            service: "supplier",
            answer: "state, donated, promised, used, real, free, disks, endpoints, "
                + "reached_from_outside, alerts with their remedies"),
        Route(
            .post, id: "donation/verify", short: "do/v", method: "donation_verify", waits: true,
            service: "supplier", answer: "how many fragments are sound and damaged"),
    ]

    static let spaceRoutes = [
        Route(
            .get, id: "health/status", short: "h/st", method: "health_status",
            service: "rebuilding",
            answer: "health, sentence, losses_tolerated, blocks_lost, sources and their groups, "
                + "groups, heads, suppliers, fragments_left, seconds_remaining, working and its "
                + "phase, history of 90 days"),
        Route(
            .get, id: "space/donated", short: "sp/d", method: "space_donated",
            service: "supplier",
            answer: "donated, consumed, used, real, free in bytes, customers_num, customers"),
        Route(
            .get, id: "space/consumed", short: "sp/c", method: "space_consumed",
            service: "customer",
            answer: "needed, granted, used, available in bytes, suppliers_num, counts of files"),
        Route(
            .get, id: "space/local", short: "sp/l", method: "space_local", service: "process",
            answer: "backups, temp, customers, total, disktotal, diskfree in bytes and percent"),
    ]

    static let trafficRoutes = [
        Route(
            .get, id: "packet/list", short: "pkt/l", method: "packets_list", service: "gateway",
            answer: "requests under way: direction, label, target, size, bytes of each"),
        Route(
            .get, id: "packet/stats", short: "pkt/i", otherIDs: ["packet/info"],
            method: "packets_stats", service: "gateway",
            answer: "requests and bytes in and out of the open sessions, packets of the DHT"),
        Route(
            .get, id: "transfer/list", short: "tr/l", method: "transfers_list",
            service: "data_motion",
            answer: "idurl, global_id, outgoing, incoming of each who moves fragments now"),
        Route(
            .get, id: "connection/list", short: "con/l", method: "connections_list",
            [.list("protocols")], service: "gateway",
            answer: "status, state, proto, host, global_id, idurl, dialled, bytes_sent, "
                + "bytes_received of each"),
        Route(
            .get, id: "stream/list", short: "str/l", method: "streams_list",
            [.list("protocols")], service: "gateway",
            answer: "proto, stream_id, type, bytes_current, bytes_total, progress of each"),
    ]

    static let queueRoutes = [
        queue("queue/list", "qu/l", "queues_list", "queue_id, messages of each"),
        queue(
            "queue/consumer/list", "qu/c/l", "queue_consumers_list",
            "consumer_id, queues, commands, state, consumed of each"),
        queue(
            "queue/producer/list", "qu/p/l", "queue_producers_list",
            "producer_id, queues, state, produced of each"),
        queue("queue/keeper/list", "qu/k/l", "queue_keepers_list", "keepers"),
        queue("queue/peddler/list", "qu/ped/l", "queue_peddlers_list", "peddlers"),
        queue(
            "queue/stream/list", "qu/s/l", "queue_streams_list",
            "queue_id, active, consumers, producers, sequence_id of each"),
    ]

    private static func queue(
        _ id: String, _ short: String, _ method: String, _ answer: String
    ) -> Route {
        Route(
            .get, id: id, short: short, method: method, service: "p2p_notifications",
            isBuilt: false, answer: answer)
    }

    static let blockchainRoutes = [
        Route(
            .get, id: "blockchain/info", short: "b/i", method: "blockchain_info",
            service: "bismuth_blockchain", isBuilt: false, answer: "state of the chain"),
        Route(
            .get, id: "blockchain/wallet/balance", short: "b/w/b",
            method: "blockchain_wallet_balance", service: "bismuth_wallet", isBuilt: false,
            answer: "balance, address"),
        Route(
            .post, id: "blockchain/transaction/send", short: "b/t/s",
            method: "blockchain_transaction_send",
            [
                .text("recipient", .mandatory), .text("amount", .mandatory),
                .text("operation", .otherwise("")), .text("data", .otherwise("")),
            ], service: "bismuth_wallet", isBuilt: false, answer: "transaction_id"),
        Route(
            .get, id: "blockchain/block/produce", short: "b/b/p",
            method: "blockchain_block_produce", changes: true, service: "bismuth_miner",
            isBuilt: false, answer: "nothing"),
    ]
}
