import APIModel
import Testing

@Suite struct RouteTests {
    @Test func `every path of every route leads to it, with each of its verbs`() throws {
        for route in RouteTable.all {
            for path in route.paths {
                let argument: String? =
                    switch route.pathParameter?.place {
                    case .path: "a b"
                    case .pathRest: "a/b/c/d"
                    default: nil
                    }
                let filled = path.replacing(
                    "{\(route.pathParameter?.name ?? "-")}",
                    with: (argument ?? "").replacing(" ", with: "%20"))
                for verb in route.verbs {
                    let match = RouteTable.match(verb: verb.rawValue, path: filled)
                    #expect(match == .route(route, argument: argument), "\(verb) \(filled)")
                    let slashed = RouteTable.match(verb: verb.rawValue, path: filled + "/")
                    #expect(slashed == .route(route, argument: argument), "\(verb) \(filled)/")
                }
            }
        }
    }

    @Test func `there are 142 routes, each with an id, a method and parameters of its own`() {
        #expect(RouteTable.all.count == 142)
        #expect(Set(RouteTable.all.map(\.method)).count == RouteTable.all.count)
        #expect(Set(RouteTable.all.map(\.id)).count == RouteTable.all.count)
        for route in RouteTable.all {
            let names = route.parameters.flatMap(\.names)
            #expect(Set(names).count == names.count, "\(route.id)")
            #expect(route.parameters.filter { $0.place != .input }.count <= 1, "\(route.id)")
            #expect(!route.answer.isEmpty && !route.service.isEmpty && !route.verbs.isEmpty)
            #expect(RouteTable.route(route.id) == route)
            #expect(RouteTable.route(method: route.method) == route)
        }
    }

    @Test(
        arguments: [
            ("GET", "/network/status/v1", "network/status", nil),
            ("GET", "/network/details/v1", "network/info", nil),
            ("GET", "/nw/st", "network/status", nil),
            ("GET", "/p/st", "process/stop", nil),
            ("GET", "/v1/process/stop", "process/stop", nil),
            ("POST", "/identity/create/v1", "identity/create", nil),
            ("POST", "/identity/backup/v1", "identity/backup", nil),
            ("POST", "/network/create/v1", "network/create", nil),
            ("GET", "/config/get/v1", "config/get", nil),
            ("GET", "/config/get/logs/v1", "config/get", "logs"),
            ("GET", "/config/get/a/b/c/v1", "config/get", "a/b/c"),
            ("POST", "/v1/config/set/a/b", "config/set", "a/b"),
            ("POST", "/service/start/proxy-server/v1", "service/start", "proxy-server"),
            ("POST", "/svc/o/supplier/", "service/start", "supplier"),
            ("GET", "/event/listen/electron/v1", "event/listen", "electron"),
            ("GET", "/ev/l", "event/list", nil), ("GET", "/ev/l/me/", "event/listen", "me"),
            ("GET", "/user/search/alice/v1", "user/search", "alice"),
            ("GET", "/user/ping/v1", "user/ping", nil), ("POST", "/user/ping/v1", "user/ping", nil),
            ("GET", "/state/list/v1", "automat/list", nil),
            ("GET", "/file/list/all/v1", "file/list/all", nil),
            ("GET", "/file/upload/v1", "file/upload", nil),
            ("POST", "/file/upload/start/v1", "file/upload/start", nil),
            ("GET", "/api/openapi/v1", "api/openapi", nil),
        ] as [(String, String, String, String?)])
    func `paths of the older product are found`(
        verb: String, path: String, id: String, argument: String?
    ) throws {
        let route = try #require(RouteTable.route(id))
        #expect(RouteTable.match(verb: verb, path: path) == .route(route, argument: argument))
    }

    @Test(arguments: [
        "", "/", "/v1", "v1", "/v1/v1", "/network/v1", "/network/status", "/network/status/v2",
        "/network/status/more/v1", "/network//status/v1", "/network/status/v1//", "//", "/x/v1",
        "/service/start/a/b/v1", "/Network/status/v1", "/network/status/v1/v1x", "/%/v1",
        "/network%2fstatus/v1", "/nw/st/x", "/%ff/v1", "http://a/network/status/v1",
    ])
    func `other paths are unknown`(path: String) {
        #expect(RouteTable.match(verb: "GET", path: path) == .unknown)
    }

    @Test func `a known path with another verb is told`() {
        for verb in ["POST", "HEAD", "OPTIONS", "get", ""] {
            #expect(RouteTable.match(verb: verb, path: "/network/status/v1") == .otherVerb)
        }
        #expect(RouteTable.match(verb: "GET", path: "/identity/create/v1") == .otherVerb)
    }

    @Test func `every route that is not a plain reading says that it changes something`() {
        let readers = RouteTable.all.filter { !$0.changesState }
        #expect(readers.allSatisfy { $0.verbs == [.get] })
        for id in [
            "process/stop", "process/restart", "network/connected", "network/reconnect",
            "network/disconnect", "event/listen", "message/receive", "file/sync", "user/ping",
        ] {
            #expect(RouteTable.route(id)?.changesState == true, "\(id)")
        }
        #expect(RouteTable.route("network/status")?.changesState == false)
    }

    @Test func `the table of handlers answers by route and knows what is not started`() async throws
    {
        var table = APIHandlerTable()
        table.on("process/health") { request in .ok(.text(request.route.id)) }
        var more = APIHandlerTable()
        more.on("event/list") { _ in .result([]) }
        table.add(more)
        #expect(table.routeIDs == ["process/health", "event/list"])
        let health = try #require(RouteTable.route("process/health"))
        #expect(await table.answer(APIRequest(route: health)).result == ["process/health"])
        let send = try #require(RouteTable.route("message/send"))
        #expect(
            await table.answer(APIRequest(route: send)).errors
                == ["service_private_messages() is not started"])
    }
}
