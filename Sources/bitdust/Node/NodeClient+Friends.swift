internal import APIModel
internal import Model

extension NodeClient {
    /// Calls a method of the group `friend` of the node that runs.
    ///
    /// - Throws: what the node says, by its name in docs/errors.md; `BD-NODE-OFF` when none runs.
    func friends(
        _ method: String, _ parameters: [String: APIValue] = [:]
    ) throws -> APIValue {
        let answer = try call(method, parameters)
        guard !answer.isOK else { return answer.result ?? [:] }
        guard let code = answer.reason, code.hasPrefix("BD-") else {
            throw Failure(
                "BD-API", .failed, answer.errors.joined(separator: "; "), cause: answer.message)
        }
        let exit = answer.fields["exit"]?.asInteger.flatMap {
            ExitStatus(rawValue: Int32(clamping: $0))
        }
        throw Failure(
            code, exit ?? .failed, answer.errors.joined(separator: "; "),
            cause: answer.fields["cause"]?.asText, remedy: answer.message)
    }
}
