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
typealias SetFileUser = @convention(c) (UInt32) -> Int32

let setxattr = symbol("setxattr", as: SetAttribute.self)
let lsetxattr = symbol("lsetxattr", as: SetAttribute.self)
let lgetxattr = symbol("lgetxattr", as: GetAttribute.self)
let removexattr = symbol("removexattr", as: RemoveAttribute.self)
let setfsuid = symbol("setfsuid", as: SetFileUser.self)
let setfsgid = symbol("setfsgid", as: SetFileUser.self)

/// Runs `body` with the file rights of `nobody`; only this thread, only when started as root.
func asNobody<Result>(_ body: () throws -> Result) rethrows -> Result {
    _ = setfsgid(65534)
    _ = setfsuid(65534)
    defer {
        _ = setfsuid(geteuid())
        _ = setfsgid(getegid())
    }
    return try body()
}

let isRoot = geteuid() == 0
