package import APIModel
internal import Model

/// Routes that need nothing of the node: health, the document of the interface, events.
package func interfaceHandlers(events: EventBus) -> APIHandlerTable {
    var table = APIHandlerTable()
    table.on("process/health") { _ in .ok() }
    table.on("api/openapi") { _ in .result(OpenAPIDocument.value(version: "1")) }
    table.on("event/list") { _ in
        let counters = await events.counters.sorted { $0.key < $1.key }
        return .result(
            .array(counters.map { ["event_id": .text($0.key), "count": APIValue($0.value)] }))
    }
    table.on("event/send") { request in
        guard let id = eventName(request.text("event_id")) else {
            return .error("invalid event id")
        }
        let event = await events.publish(id, .object(request.body))
        return .ok([
            "event_id": .text(id), "created": .integer(event.time.nanoseconds / 1_000_000_000),
        ])
    }
    table.on("event/listen") { request in
        guard let consumer = eventName(request.text("consumer_callback_id")) else {
            return .error("invalid consumer id")
        }
        let timeout = UInt64(request.integer("polling_timeout") ?? 0)
        let found = await events.listen(consumer, timeoutSeconds: timeout)
        return .result(.array(found.map(\.answer)))
    }
    table.on("event/stream") { _ in .error("a stream is read by HTTP: GET /event/stream/v1") }
    return table
}

/// Names of events and consumers: short, printable, one line.
private func eventName(_ text: String?) -> String? {
    guard let text, (1...Limits.eventNameLengthMax).contains(text.utf8.count),
        text.unicodeScalars.allSatisfy({
            $0.value > 0x20 && $0.value != 0x7f && !$0.properties.isWhitespace
        })
    else { return nil }
    return text
}
