internal import Glibc
internal import Model

/// A library that is looked for when the program runs, since it need not be there.
///
/// It stays loaded: its functions may be called until the process ends.
enum SharedLibrary {
    /// The function of that name; `nil` when the library or the function is missing.
    static func function<Function>(
        _ name: String, in library: String, as type: Function.Type
    ) -> Function? {
        guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL),
            let symbol = dlsym(handle, name)
        else { return nil }
        return unsafeBitCast(symbol, to: type)
    }
}

/// The reference implementation of BLAKE3, where it is installed.
struct LibBLAKE3: Sendable {
    private typealias Start = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> Void
    private typealias Update =
        @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer?, Int) -> Void
    private typealias Finish =
        @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void

    private let start: Start
    private let update: Update
    private let finish: Finish

    static let shared = LibBLAKE3()

    /// Bytes of a `blake3_hasher`, 1912 in version 1, and room for more.
    private static let hasherLength = 4096

    private init?() {
        let library = "libblake3.so.0"
        guard
            let start = SharedLibrary.function(
                "blake3_hasher_init_keyed", in: library, as: Start.self),
            let update = SharedLibrary.function(
                "blake3_hasher_update", in: library, as: Update.self),
            let finish = SharedLibrary.function(
                "blake3_hasher_finalize", in: library, as: Finish.self)
        else { return nil }
        self.start = start
        self.update = update
        self.finish = finish
    }

    func keyedHash(_ bytes: UnsafeRawBufferPointer, key: Bytes32) -> Bytes32 {
        withUnsafeTemporaryAllocation(byteCount: LibBLAKE3.hasherLength, alignment: 64) { hasher in
            let hasher = hasher.baseAddress!
            key.withBytes { key in
                key.withUnsafeBytes { start(hasher, $0.baseAddress!) }
            }
            update(hasher, bytes.baseAddress, bytes.count)
            return Bytes32(filling: { finish(hasher, $0.baseAddress!, Bytes32.byteCount) })
        }
    }
}
