/// Runs everything that reads bytes of a request over `bytes`: the JSON reader and printer, the
/// router, the query and the parameters of every route. For fuzzing; must not trap.
///
/// The first byte says how the rest is taken.
package func exerciseRequestReading(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let rest = Array(bytes.dropFirst())
    let route = RouteTable.all[Int(first) % RouteTable.all.count]
    let text = String(decoding: rest, as: UTF8.self)
    if let value = try? APIValue(parsing: rest) {
        precondition((try? APIValue(parsing: value.printed)) == value, "printed and read again")
        precondition((try? APIValue(parsing: value.line)) == value, "on one line and read again")
    }
    _ = try? APIRequest(route, argument: nil, body: rest)
    _ = try? APIRequest(route, argument: text, query: text)
    for verb in Route.Verb.allCases {
        _ = RouteTable.match(verb: verb.rawValue, path: text)
    }
}
