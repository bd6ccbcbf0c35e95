/// The answer to a request, in the shape of the older product: OK, RESULT or ERROR.
package struct APIEnvelope: Hashable, Sendable {
    /// Everything but `execution`, which the interface adds when it answers.
    package private(set) var fields: [String: APIValue]

    private init(_ fields: [String: APIValue]) {
        self.fields = fields
    }

    /// Done: a result that is nothing, zero or empty is left out, a scalar becomes a list of one.
    package static func ok(_ result: APIValue = .null, message: String? = nil) -> APIEnvelope {
        var fields: [String: APIValue] = ["status": "OK"]
        if !result.isFalsy {
            switch result {
            case .array, .object: fields["result"] = result
            default: fields["result"] = [result]
            }
        }
        fields["message"] = message.map(APIValue.text)
        return APIEnvelope(fields)
    }

    /// Done, with the result as it is, empty or not.
    ///
    /// - Parameter more: fields beside the result; none replaces one of the envelope's own.
    package static func result(
        _ result: APIValue, message: String? = nil, errors: [String] = [],
        more: [String: APIValue] = [:]
    ) -> APIEnvelope {
        var fields: [String: APIValue] = ["status": "OK", "result": result]
        fields["message"] = message.map(APIValue.text)
        if !errors.isEmpty { fields["errors"] = APIValue(errors) }
        return APIEnvelope(fields.merging(more, uniquingKeysWith: { own, _ in own }))
    }

    /// Not done.
    ///
    /// - Parameters:
    ///   - errors: texts that clients of the older product compare, word for word.
    ///   - reason: one word for programs; details of an error are for people.
    package static func error(
        _ errors: String..., message: String? = nil, reason: String? = nil,
        more: [String: APIValue] = [:]
    ) -> APIEnvelope {
        var fields: [String: APIValue] = ["status": "ERROR", "errors": APIValue(errors)]
        fields["message"] = message.map(APIValue.text)
        fields["reason"] = reason.map(APIValue.text)
        return APIEnvelope(fields.merging(more, uniquingKeysWith: { own, _ in own }))
    }

    /// What every method says whose service is off, or not there.
    ///
    /// - Parameter service: as in `entangled_dht`.
    package static func notStarted(_ service: String) -> APIEnvelope {
        .error("service_\(service)() is not started")
    }

    package var isOK: Bool { fields["status"] == "OK" }
    package var result: APIValue? { fields["result"] }
    package var message: String? { fields["message"]?.asText }
    package var reason: String? { fields["reason"]?.asText }

    package var errors: [String] {
        (fields["errors"]?.asArray ?? []).compactMap(\.asText)
    }

    package var value: APIValue { .object(fields) }

    /// The envelope as it is sent, with the time that the answer took in seconds:
    /// `"execution": "0.000123"`.
    package func printed(after nanoseconds: UInt64) -> [UInt8] {
        var fields = fields
        fields["execution"] = .text(APIEnvelope.seconds(nanoseconds))
        return APIValue.object(fields).printed
    }

    private static func seconds(_ nanoseconds: UInt64) -> String {
        let microseconds = nanoseconds / 1000
        let fraction = String(microseconds % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
        return "\(microseconds / 1_000_000).\(zeros)\(fraction)"
    }
}

extension APIEnvelope {
    /// The envelope that another process sent; `nil` when it is none.
    package init?(_ value: APIValue) {
        guard let fields = value.asObject, let status = fields["status"]?.asText,
            status == "OK" || status == "ERROR"
        else { return nil }
        self.fields = fields
    }
}
