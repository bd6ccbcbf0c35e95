import Model
import Networking
import Testing

/// Places of buckets, and the XML that they answer with.
@Suite struct BucketFormatTests {
    @Test func `a place is read strictly`() {
        #expect(BucketAddress.parts(of: "s3://fragments")?.prefix == "")
        #expect(BucketAddress.parts(of: "s3://fragments/")?.prefix == "")
        #expect(BucketAddress.parts(of: "s3://fragments/one/two")?.prefix == "one/two/")
        for text in [
            "s3://", "s3://ab", "s3://UPPER", "s3://under_score", "s3://bucket//x",
            "s3://bucket/..",
            "s3://bucket/a b", "s3://bucket/a_b", "s3://bucket/%41", "s3://.bucket", "s3:/bucket",
            "/bucket", "s3://bucket/" + String(repeating: "x", count: 256),
        ] { #expect(BucketAddress.parts(of: text) == nil, "\(text)") }
    }

    @Test func `an address says where a key is`() throws {
        let amazon = try #require(
            BucketAddress(place: "s3://fragments/a", endpoint: "", region: "eu-west-1"))
        #expect(amazon.authority == "fragments.s3.eu-west-1.amazonaws.com" && amazon.isSecure)
        #expect(amazon.path(of: "claim") == "/a/claim")
        let dots = try #require(
            BucketAddress(place: "s3://my.bucket", endpoint: "", region: "eu-west-1"))
        #expect(dots.authority == "s3.eu-west-1.amazonaws.com")
        #expect(dots.path(of: "claim") == "/my.bucket/claim")
        let own = try #require(
            BucketAddress(
                place: "s3://fragments", endpoint: "http://127.0.0.1:9000", region: "garage"))
        #expect(own.authority == "127.0.0.1:9000" && !own.isSecure)
        #expect(own.path(of: "a b") == "/fragments/a%20b" && own.path(of: "") == "/fragments/")
        let six = try #require(
            BucketAddress(place: "s3://fragments", endpoint: "https://[::1]:9000", region: "x"))
        #expect(six.authority == "[::1]:9000" && six.isSecure)
        for endpoint in ["ftp://host", "http://host/path", "host:9000", "http://user@host"] {
            #expect(
                BucketAddress(place: "s3://fragments", endpoint: endpoint, region: "x") == nil)
        }
    }

    private let page = """
        <?xml version="1.0" encoding="UTF-8"?>
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>
        <Prefix>p/</Prefix><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>
        <Contents><Key>p/a&amp;b</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>
        <ETag>&quot;0cc1&quot;</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass></Contents>
        <Contents><Size>0</Size><Key>p/c</Key></Contents>
        <NextContinuationToken>x+/=&lt;</NextContinuationToken></ListBucketResult>
        """

    @Test func `a page of a list`() throws {
        let listing = try BucketListing(Array(page.utf8), prefix: "p/")
        #expect(
            listing.objects == [
                StoredObject(key: "a&b", length: 12), StoredObject(key: "c", length: 0),
            ])
        #expect(listing.next == "x+/=<")
        let last = page.replacing("<IsTruncated>true", with: "<IsTruncated>false")
        #expect(try BucketListing(Array(last.utf8), prefix: "p/").next == nil)
    }

    @Test func `what is no page is refused, and cutting it never traps`() {
        let bytes = Array(page.utf8)
        for count in 0..<bytes.count - 1 {
            #expect(throws: ObjectError.self) {
                try BucketListing(Array(bytes[..<count]), prefix: "p/")
            }
        }
        for (old, new) in [
            ("<Size>12", "<Size>-1"), ("<Key>p/c", "<Key>q/c"), ("IsTruncated>", "Truncated>"),
            ("NextContinuationToken", "Token"), ("<Size>12</Size>", ""),
        ] {
            #expect(throws: ObjectError.self) {
                try BucketListing(Array(page.replacing(old, with: new).utf8), prefix: "p/")
            }
        }
        #expect(
            BucketListing.code(Array("<Error><Code>NoSuchKey</Code></Error>".utf8)) == "NoSuchKey")
        #expect(BucketListing.code(Array("<Code><b>\u{1b}[2J".utf8)) == "")
        #expect(BucketListing.code([0xFF]) == "")
    }
}
