internal import APIModel

extension Console {
    /// Prints an answer as the interface sends it.
    func out(_ answer: APIEnvelope) throws {
        try out(bytes: answer.value.printed)
    }
}
