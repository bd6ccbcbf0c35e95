import APIModel
import Testing

@Suite struct RequestReadingTests {
    private func get(_ id: String, _ query: String, argument: String? = nil) throws -> APIRequest {
        try APIRequest(try #require(RouteTable.route(id)), argument: argument, query: query)
    }

    private func post(_ id: String, _ body: String, argument: String? = nil) throws -> APIRequest {
        try APIRequest(
            try #require(RouteTable.route(id)), argument: argument, body: Array(body.utf8))
    }

    private func errors(_ body: () throws -> APIRequest) -> [String] {
        do {
            _ = try body()
            return []
        } catch let error as RequestError {
            return error.envelope.errors
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `flags are true for the texts of the older product and false for all else`() throws {
        for text in ["1", "true", "True", "yes", "Yes", "YES", "ok"] {
            #expect(try get("network/status", "dht=\(text)").flag("dht"), "\(text)")
        }
        for text in ["0", "false", "TRUE", "OK", "on", "y", "", "2", "%31x"] {
            #expect(try !get("network/status", "dht=\(text)").flag("dht"), "\(text)")
        }
        #expect(try get("network/status", "dht").flag("dht"))
        #expect(try !get("network/status", "").flag("dht"))
        #expect(try get("network/info", "").flag("dht"))
        #expect(try !get("network/info", "dht=0").flag("dht"))
        for (text, isSet) in [
            ("1", true), ("true", true), ("\"yes\"", true), ("1.0", true),
            ("2", false), ("null", false), ("[]", false), ("\"no\"", false),
        ] {
            let body = "{\"username\":\"alice\",\"join_network\":\(text)}"
            #expect(try post("identity/create", body).flag("join_network") == isSet, "\(text)")
        }
    }

    @Test func `a query is decoded, and of two values the first one counts`() throws {
        let request = try get("config/get", "key=services%2Fcustomer%2Fen+abled&key=other&x=%C3%A4")
        #expect(request.text("key") == "services/customer/en abled")
        for query in ["key=%", "key=%4", "key=%zz", "key=%ff", "%c3=1"] {
            #expect(errors { try get("config/get", query) } == ["invalid url query"])
        }
    }

    @Test func `the path's argument comes before the input's`() throws {
        #expect(try get("config/get", "key=x", argument: "a/b").text("key") == "a/b")
        #expect(try get("user/search", "nickname=carl").text("nickname") == "carl")
        #expect(try post("config/set", "{\"value\":5}", argument: "a/b").value("value") == 5)
        #expect(
            try post("service/start", "", argument: "supplier").text("service_name") == "supplier")
    }

    @Test func `what is mandatory and missing is said in the words of the older product`() {
        #expect(
            errors { try get("config/get", "") } == ["mandatory url query argument missed: key"])
        #expect(
            errors { try post("identity/create", "") }
                == ["mandatory json input missed: username"])
        #expect(
            errors { try post("config/set", "") } == ["mandatory json input missed: key, value"])
        #expect(
            errors { try post("config/set", "{\"key\":\"a\"}") }
                == ["one of mandatory parameters missed: value"])
        #expect(
            errors { try post("friend/add", "{\"alias\":\"a\"}") } == [
                "one of mandatory parameters missed: trusted_user_id|global_id|idurl|id"
            ])
        #expect(errors { try post("identity/create", "{\"username\":null}") }.count == 1)
        for body in ["x", "[]", "\"a\"", "{\"username\":1,\"username\":2}", "username=alice"] {
            #expect(errors { try post("identity/create", body) } == ["invalid json input"])
        }
    }

    @Test func `names are taken in their order and unknown ones are left alone`() throws {
        let both = try post("identity/backup", "{\"destination_path\":\"/a\",\"z\":[1]}")
        #expect(both.text("destination_filepath") == "/a" && both.body["z"] == [1])
        let first = try post("friend/add", "{\"id\":\"c\",\"global_id\":\"b\"}")
        #expect(first.text("trusted_user_id") == "b")
    }

    @Test func `integers have their ranges and defaults`() throws {
        #expect(try get("network/connected", "").integer("wait_timeout") == 10)
        #expect(try get("network/connected", "wait_timeout=0").integer("wait_timeout") == 0)
        let body = "{\"name\":\"a\",\"web_socket_port\":\"8281\"}"
        #expect(try post("device/add", body).integer("web_socket_port") == 8281)
        for text in ["-1", "3601", "x", "", "1.5", "99999999999999999999"] {
            #expect(
                errors { try get("network/connected", "wait_timeout=\(text)") }
                    == ["invalid value of wait_timeout: an integer from 0 to 3600 expected"])
        }
        #expect(errors { try post("device/add", "{\"name\":\"a\",\"key_size\":1.5}") }.count == 1)
    }

    @Test func `texts have no NUL and are no lists, lists are texts with commas or arrays`() throws
    {
        #expect(try post("identity/create", "{\"username\":5}").text("username") == "5")
        for value in ["\"a\\u0000b\"", "[]", "{}"] {
            #expect(
                errors { try post("identity/create", "{\"username\":\(value)}") }
                    == ["invalid value of username: text expected"])
        }
        func servers(_ value: String) throws -> [String] {
            try post("identity/create", "{\"username\":\"a\",\"preferred_servers\":\(value)}")
                .list("preferred_servers")
        }
        #expect(try servers("\" a.com , b.com:80,,\"") == ["a.com", "b.com:80"])
        #expect(try servers("[\"a.com\",\"b.com\"]") == ["a.com", "b.com"])
        #expect(try servers("null") == [])
        #expect(throws: RequestError.self) { try servers("[{}]") }
    }

    @Test func `an event's whole object is its data`() throws {
        let request = try post("event/send", "{\"a\":[1,2]}", argument: "my-event")
        #expect(request.text("event_id") == "my-event" && request.body == ["a": [1, 2]])
    }

    @Test func `nothing that comes in traps`() {
        var state: UInt64 = 7
        let letters = Array("{}[]\",:\\u0d8%=&/+ a1-.eE\u{0}".utf8) + [0xff, 0xc3, 0x80]
        for length in 0..<4000 {
            var bytes: [UInt8] = []
            for _ in 0..<(length % 40) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(letters[Int(state >> 33) % letters.count])
            }
            exerciseRequestReading(bytes)
        }
    }
}
