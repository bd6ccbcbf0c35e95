import Glibc

/// Functions of the C library whose headers the Glibc module leaves out.
private func symbol<Function>(_ name: String, as type: Function.Type) -> Function {
    guard let address = dlsym(nil, name) else { preconditionFailure("no \(name)") }
    return unsafeBitCast(address, to: type)
}

typealias SetAttribute =
    @convention(c) (
        UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32
    ) -> Int32
typealias GetAttribute =
    @convention(c) (
        UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int
    ) -> Int
typealias RemoveAttribute =
    @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
typealias SystemCall = @convention(c) (Int, Int, Int, Int) -> Int

let setxattr = symbol("setxattr", as: SetAttribute.self)
let lsetxattr = symbol("lsetxattr", as: SetAttribute.self)
let lgetxattr = symbol("lgetxattr", as: GetAttribute.self)
let removexattr = symbol("removexattr", as: RemoveAttribute.self)
private let systemCall = symbol("syscall", as: SystemCall.self)

#if arch(x86_64)
    private let setresuid = 117
    private let setresgid = 119
#else
    private let setresuid = 147
    private let setresgid = 149
#endif

/// Runs `body` as the user `nobody`; only this thread, which `seteuid` of the library would not do.
func asNobody<Result>(_ body: () throws -> Result) rethrows -> Result {
    let nobody = 65534
    precondition(systemCall(setresgid, -1, nobody, -1) == 0)
    precondition(systemCall(setresuid, -1, nobody, -1) == 0)
    defer {
        precondition(systemCall(setresuid, -1, 0, -1) == 0)
        precondition(systemCall(setresgid, -1, 0, -1) == 0)
    }
    return try body()
}

let isRoot = getuid() == 0
