package import Identities
package import Model

/// One connection to the TCP port of an identity server, as a value: frames in, effects out.
///
/// ```
/// offset  length  field
/// 0       1       version "1"
/// 1       1       command
/// 2       ...     payload
/// ```
///
/// `h` hello → `w`, `id-server:<host>` · `d` data: file id (4), total length (4), bytes → `o`, file
/// id · `a` abort: the file is dropped. Numbers are little-endian. A file that is refused is
/// answered `a`, file id, a blank and why. Everything else ends the connection.
/// docs/formats/identity-server.md; golden file: `fixtures/identity-server/frames-v1.txt`.
package struct FrameMachine: Sendable {
    package enum Effect: Equatable, Sendable {
        case send([UInt8])
        /// Give the file to the server, then call ``FrameMachine/decided(_:refusal:)``.
        case upload(fileID: Int32, [UInt8])
        case disconnect(Fault)
    }

    /// Why a connection ends.
    package enum Fault: Equatable, Sendable {
        case tooShort
        case tooLong
        case badVersion(UInt8)
        case badCommand(UInt8)
        case badData
        case tooManyFrames
        case tooManyFiles
    }

    /// A header, file id and total, and the longest document in one frame.
    package static let frameLengthMax = 10 + Limits.identityDocumentLengthMax
    private static let version = UInt8(ascii: "1")

    private let host: Host
    private var frameCount = 0
    private var files: [(id: Int32, total: Int, bytes: [UInt8])] = []
    private var isOpen = true

    package init(host: Host) {
        self.host = host
    }

    /// Takes the body of one frame, without its length.
    package mutating func receive(_ frame: [UInt8]) -> [Effect] {
        guard isOpen else { return [] }
        frameCount += 1
        guard frameCount <= Limits.identityFrameCountMax else { return end(.tooManyFrames) }
        guard frame.count >= 2 else { return end(.tooShort) }
        guard frame.count <= FrameMachine.frameLengthMax else { return end(.tooLong) }
        guard frame[0] == FrameMachine.version else { return end(.badVersion(frame[0])) }
        switch frame[1] {
        case UInt8(ascii: "h"):
            return [.send(FrameMachine.frame("w", Array("id-server:\(host)".utf8)))]
        case UInt8(ascii: "d"): return data(frame)
        case UInt8(ascii: "a"):
            abort(frame)
            return []
        default: return end(.badCommand(frame[1]))
        }
    }

    /// Answers for a file that was uploaded.
    package mutating func decided(_ fileID: Int32, refusal: UploadRefusal?) -> [Effect] {
        guard isOpen else { return [] }
        guard let refusal else {
            return [.send(FrameMachine.frame("o", FrameMachine.bytes(fileID)))]
        }
        let reason = Array(" \(refusal.word)".utf8)
        return [.send(FrameMachine.frame("a", FrameMachine.bytes(fileID) + reason))]
    }

    private mutating func data(_ frame: [UInt8]) -> [Effect] {
        var reader = ByteReader(frame, format: "frame", range: 2..<frame.count)
        guard let id = try? reader.integer(Int32.self), let length = try? reader.integer(Int32.self)
        else { return end(.badData) }
        let total = Int(length)
        guard total > 0, total <= Limits.identityDocumentLengthMax else { return end(.badData) }
        var file = (id: id, total: total, bytes: [UInt8]())
        if let index = files.firstIndex(where: { $0.id == id }) { file = files.remove(at: index) }
        file.bytes += frame[reader.offset...]
        guard file.total == total, file.bytes.count <= total else { return end(.badData) }
        if file.bytes.count == total { return [.upload(fileID: id, file.bytes)] }
        files.append(file)
        guard files.count <= Limits.identityFrameFileCountMax else { return end(.tooManyFiles) }
        return [.send(FrameMachine.frame("o", FrameMachine.bytes(id)))]
    }

    private mutating func abort(_ frame: [UInt8]) {
        var reader = ByteReader(frame, format: "frame", range: 2..<frame.count)
        guard let id = try? reader.integer(Int32.self) else { return }
        files.removeAll { $0.id == id }
    }

    private mutating func end(_ fault: Fault) -> [Effect] {
        isOpen = false
        files = []
        return [.disconnect(fault)]
    }

    private static func frame(_ command: Unicode.Scalar, _ payload: [UInt8]) -> [UInt8] {
        [version, UInt8(ascii: command)] + payload
    }

    private static func bytes(_ id: Int32) -> [UInt8] {
        withUnsafeBytes(of: id.littleEndian) { Array($0) }
    }
}

/// Drives the frames of one connection with a server.
package struct FrameSession: Sendable {
    private var machine: FrameMachine
    private let server: IdentityServer
    private let client: IPAddress

    package init(server: IdentityServer, client: IPAddress) {
        machine = FrameMachine(host: server.host)
        self.server = server
        self.client = client
    }

    /// The frames to send back, and whether the connection goes on. May wait for the disk.
    package mutating func receive(_ frame: [UInt8]) -> (replies: [[UInt8]], isOpen: Bool) {
        var replies: [[UInt8]] = []
        var isOpen = true
        var effects = machine.receive(frame)[...]
        while let effect = effects.popFirst() {
            switch effect {
            case .send(let bytes): replies.append(bytes)
            case .upload(let id, let bytes): effects += machine.decided(id, refusal: store(bytes))
            case .disconnect: isOpen = false
            }
        }
        return (replies, isOpen)
    }

    private func store(_ bytes: [UInt8]) -> UploadRefusal? {
        do {
            try server.upload(bytes, from: client)
            return nil
        } catch {
            return error
        }
    }
}

/// Takes any bytes as frames, each a length (1) and a body; for fuzzing.
package func fuzzIdentityFrames(_ bytes: [UInt8]) {
    var machine = FrameMachine(host: .name("host-a.com"))
    var rest = bytes[...]
    var isOpen = true
    while let length = rest.popFirst() {
        for effect in machine.receive(Array(rest.prefix(Int(length)))) {
            precondition(isOpen)
            if case .upload(let id, let file) = effect {
                fuzzIdentityDocument(file)
                precondition(!machine.decided(id, refusal: nil).isEmpty)
            }
            if case .disconnect = effect { isOpen = false }
        }
        rest = rest.dropFirst(Int(length))
    }
}
