internal import Model
internal import Synchronization

/// A sealed and coded block whose fragments are with the suppliers' lanes.
///
/// Its stripe, the buffer with all fragments one after the other, is lent to every lane and goes
/// back to its pool when the last one has answered.
final class PendingBlock: Sendable {
    private struct Answers {
        var receipts: [Bool]
        var outstanding: Int
        var failures: [(position: Int, error: any Error)] = []
    }

    let descriptor: BlockDescriptor
    let frames: [FrameEntry]
    let stripe: PageBuffer
    private let answers: Mutex<Answers>
    private let completion: @Sendable (PendingBlock) -> Void

    /// - Parameter completion: called once, on the thread of the last answer.
    init(
        descriptor: BlockDescriptor, frames: [FrameEntry], stripe: PageBuffer,
        completion: @escaping @Sendable (PendingBlock) -> Void
    ) {
        self.descriptor = descriptor
        self.frames = frames
        self.stripe = stripe
        let count = descriptor.scheme.fragmentCount
        self.answers = Mutex(
            Answers(receipts: Array(repeating: false, count: count), outstanding: count))
        self.completion = completion
    }

    /// One for each position: whether its supplier signed a receipt.
    var receipts: [Bool] { answers.withLock { $0.receipts } }

    var failures: [any Error] { answers.withLock { $0.failures.map(\.error) } }

    func acknowledged(position: Int) {
        answered { $0.receipts[position] = true }
    }

    func failed(position: Int, _ error: any Error) {
        answered { $0.failures.append((position, error)) }
    }

    private func answered(_ note: (inout Answers) -> Void) {
        let isLast = answers.withLock { answers in
            note(&answers)
            answers.outstanding -= 1
            return answers.outstanding == 0
        }
        if isLast { completion(self) }
    }
}
