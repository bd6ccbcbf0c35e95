internal import APIModel
internal import DHT
internal import Identities
internal import IdentityServers
internal import Model

@testable internal import Daemon

// What a node reads from strangers: datagrams, documents, requests, descriptions of networks.

extension FuzzTarget {
    static let node = [
        FuzzTarget(name: "krpc", fixtures: ["dht"]) { bytes in
            let exercise = DatagramExercise.run(bytes, verifier: HalfVerifier())
            demand(exercise.amplification <= 2, "no stranger gets more than twice what he sent")
        },
        FuzzTarget(name: "identity-document", fixtures: ["identity-document"]) { bytes in
            fuzzIdentityDocument(bytes)
        },
        FuzzTarget(name: "markup") { bytes in fuzzMarkup(bytes) },
        FuzzTarget(name: "identity-frames") { bytes in fuzzIdentityFrames(bytes) },
        FuzzTarget(name: "api-request") { bytes in exerciseRequestReading(bytes) },
        FuzzTarget(name: "join-code") { bytes in
            guard let code = JoinCode(String(decoding: bytes, as: UTF8.self)) else { return }
            demand(JoinCode("\(code)") == code, "a code is written so that it can be read")
        },
        FuzzTarget(name: "rebuilder-request") { bytes in
            recode(
                summed("BDRBLD01", bytes), decode: { try RebuilderRequest($0) },
                encode: { $0.encoded() })
        },
        FuzzTarget(name: "rebuilder-answer") { bytes in
            recode(
                summed("BDRBLA01", bytes), decode: { try RebuilderAnswer($0) },
                encode: { $0.encoded() })
        },
        FuzzTarget(name: "network-description") { bytes in
            guard let network = try? NetworkDescription(decoding: bytes) else { return }
            demand(
                (try? NetworkDescription(decoding: network.encoded)) == network,
                "a description is written so that it can be read")
        },
    ]
}

/// Takes every other signature for good: real ones would keep the fuzzer out.
private struct HalfVerifier: ItemVerifier {
    func isValid(_ signature: Signature, of bytes: [UInt8], key: Bytes32) -> Bool {
        signature.array[0] % 2 == 0
    }
}
