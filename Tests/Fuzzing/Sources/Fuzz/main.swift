internal import CFuzzer
internal import Glibc

// Run by scripts/fuzz: `Fuzz TARGET [arguments of libFuzzer]`, or `Fuzz --list`. Inputs to start
// from lie in fixtures/fuzz/TARGET and, where there is one, in the format's own folder of fixtures.

/// The chosen target; set once before the first input.
nonisolated(unsafe) var chosen = FuzzTarget.all[0]

let words = CommandLine.arguments.dropFirst()
if words.first == "--list" {
    for target in FuzzTarget.all {
        print(([target.name] + target.fixtures).joined(separator: " "))
    }
    exit(0)
}
guard let target = FuzzTarget.all.first(where: { $0.name == words.first }) else {
    print("no such target; there are: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
    exit(64)
}
chosen = target
// The first word is ours; libFuzzer shall see its own name and what follows.
let arguments = [CommandLine.arguments[0]] + words.dropFirst()
var count = Int32(arguments.count)
var texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = .allocate(
    capacity: arguments.count + 1)
for (index, word) in arguments.enumerated() { texts![index] = strdup(word) }
texts![arguments.count] = nil
let status = LLVMFuzzerRunDriver(&count, &texts) { bytes, count in
    chosen.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
exit(status)
