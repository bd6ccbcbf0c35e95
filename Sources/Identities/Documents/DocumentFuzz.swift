/// Takes any bytes as an identity document; for fuzzing. What is accepted must be what is written.
package func fuzzIdentityDocument(_ bytes: [UInt8]) {
    guard let document = try? IdentityDocument(decoding: bytes) else { return }
    precondition(document.bytes == bytes)
    precondition(document.content.sources.allSatisfy { Source("\($0)") == $0 })
}

/// Takes any bytes as markup; for fuzzing, since few random bytes ever reach a signature.
package func fuzzMarkup(_ bytes: [UInt8]) {
    let whole = MarkupReader.prologue + bytes
    guard let element = try? MarkupReader.read(whole, format: "markup") else { return }
    var written = MarkupReader.prologue
    element.write(to: &written)
    guard written.count <= whole.count * 2 else { return }
    if let again = try? MarkupReader.read(written, format: "markup") {
        var twice = MarkupReader.prologue
        again.write(to: &twice)
        precondition(twice == written)
    }
}
