package import Model

/// One page of a list of objects, and the answers that say why not: the part of XML that object
/// storage sends.
///
/// Reads the text of elements by name; what it does not look for may be anything.
package struct BucketListing: Equatable, Sendable {
    package let objects: [StoredObject]
    /// Asks for the page behind this one; `nil` on the last.
    package let next: String?

    /// - Parameter prefix: what all keys begin with; it is left out of those that are returned.
    /// - Throws: ``ObjectError/wrongAnswer(field:)``.
    package init(_ bytes: [UInt8], prefix: String) throws(ObjectError) {
        guard let text = String(validating: bytes, as: UTF8.self),
            let list = BucketListing.element("ListBucketResult", in: text[...])
        else { throw .wrongAnswer(field: "list") }
        var objects: [StoredObject] = []
        var rest = list
        while let entry = BucketListing.element("Contents", in: rest) {
            guard let key = BucketListing.text(of: "Key", in: entry), key.hasPrefix(prefix),
                let length = BucketListing.text(of: "Size", in: entry).flatMap({ Int($0) }),
                length >= 0
            else { throw .wrongAnswer(field: "list entry") }
            objects.append(
                StoredObject(key: String(key.dropFirst(prefix.count)), length: length))
            rest = rest[entry.endIndex...]
        }
        self.objects = objects
        guard
            let more = BucketListing.text(of: "IsTruncated", in: rest)
                ?? BucketListing.text(of: "IsTruncated", in: list)
        else { throw .wrongAnswer(field: "IsTruncated") }
        guard more == "true" else {
            next = nil
            return
        }
        next = BucketListing.text(of: "NextContinuationToken", in: list)
        guard next != nil else { throw .wrongAnswer(field: "NextContinuationToken") }
    }

    /// The code of an answer that says why not; empty when there is none.
    package static func code(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self),
            let code = self.text(of: "Code", in: text[...]), code.utf8.count <= 64,
            code.utf8.allSatisfy({ (97...122).contains($0 | 0x20) && $0 > 64 })
        else { return "" }
        return code
    }

    /// What is between the first start tag with this name and the end tag after it.
    private static func element(_ name: String, in text: Substring) -> Substring? {
        guard let start = text.firstRange(of: "<\(name)") else { return nil }
        let tail = text[start.upperBound...]
        guard let first = tail.first, first == ">" || first.isWhitespace,
            let close = tail.firstIndex(of: ">"),
            let end = tail[close...].firstRange(of: "</\(name)>")
        else { return nil }
        return tail[tail.index(after: close)..<end.lowerBound]
    }

    private static func text(of name: String, in text: Substring) -> String? {
        guard let content = element(name, in: text), !content.contains("<") else { return nil }
        var result = String(content)
        for (entity, character) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
        ] { result.replace(entity, with: character) }
        return result
    }
}
