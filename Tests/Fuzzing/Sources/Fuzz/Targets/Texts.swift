internal import Model

@testable internal import Networking
@testable internal import Settings

// What people write, and what stands in documents of others.

extension FuzzTarget {
    static let texts = [
        FuzzTarget(name: "settings", fixtures: ["settings"]) { bytes in
            guard let file = try? SettingsFile(bytes) else { return }
            _ = SettingsReading(file, environment: [:], schema: .standard)
            let again = try? SettingsFile(file.bytes)
            demand(again?.bytes == file.bytes, "a file that was read is written the same")
        },
        FuzzTarget(name: "url") { bytes in
            guard let url = WebURL(String(decoding: bytes, as: UTF8.self)) else { return }
            demand(WebURL(url.description) == url, "a URL is written so that it can be read")
            if let next = url.redirected(to: String(decoding: bytes.reversed(), as: UTF8.self)) {
                demand(WebURL(next.description) == next, "so is where it redirects to")
            }
        },
        FuzzTarget(name: "address") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let address = IPAddress(text) {
                demand(IPAddress("\(address)") == address, "an address is written as it is read")
                demand(IPAddress(bytes: address.bytes) == address, "and as its bytes")
            }
            if let endpoint = Endpoint(text) {
                demand(Endpoint("\(endpoint)") == endpoint, "an endpoint is written as it is read")
            }
        },
    ]
}
