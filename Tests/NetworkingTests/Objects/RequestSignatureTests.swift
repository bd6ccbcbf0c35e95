import Model
import Networking
import Testing

/// The examples of “Signature Calculations for the Authorization Header” in Amazon's S3 API
/// Reference, with their published signatures.
@Suite struct RequestSignatureTests {
    private let signature = RequestSignature(
        key: AccessKey(
            id: "AKIAIOSFODNN7EXAMPLE",
            secret: Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8)),
        region: "us-east-1")
    private let empty = RequestSignature.hash([])

    private func signed(_ request: RequestSignature.Request) -> String {
        let text = signature.authorization(of: request, at: "20130524T000000Z")
        #expect(
            text.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                    + "aws4_request,SignedHeaders="))
        return String(text.suffix(64))
    }

    private func headers(
        _ hash: String, _ more: [(name: String, value: String)] = []
    ) -> [(name: String, value: String)] {
        more + [
            ("host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", hash),
            ("x-amz-date", "20130524T000000Z"),
        ]
    }

    @Test func `the hash of nothing`() {
        #expect(empty == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `a range of an object`() {
        #expect(
            signed(
                .init(
                    "GET", "/test.txt", headers: headers(empty, [("range", "bytes=0-9")]),
                    bodyHash: empty))
                == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test func `an object that is put`() {
        let hash = RequestSignature.hash("Welcome to Amazon S3.")
        #expect(hash == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
        let more = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ].map { (name: $0.0, value: $0.1) }
        let path = "/" + RequestSignature.encoded("test$file.text")
        #expect(path == "/test%24file.text")
        #expect(
            signed(.init("PUT", path, headers: headers(hash, more), bodyHash: hash))
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test func `a query without a value, and a list`() {
        #expect(
            signed(
                .init(
                    "GET", "/", query: [("lifecycle", "")], headers: headers(empty), bodyHash: empty
                )
            ) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        #expect(
            signed(
                .init(
                    "GET", "/", query: [("prefix", "J"), ("max-keys", "2")],
                    headers: headers(empty), bodyHash: empty))
                == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test func `a key is not printed`() {
        let key = AccessKey(id: "A", secret: Array("canary".utf8))
        #expect(!"\(key)".contains("canary") && !String(reflecting: key).contains("canary"))
    }
}
