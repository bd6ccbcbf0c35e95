import Model
import Testing

@Suite struct ListenersTests {
    @Test func `all see the values in one order, from when they listen`() async {
        var listeners = Listeners<Int>()
        listeners.tell(1)
        let first = listeners.listen(keeping: 8)
        listeners.tell(2)
        let second = listeners.listen(keeping: 8)
        listeners.tell(3)
        #expect(await first.prefix(2).reduce(into: []) { $0.append($1) } == [2, 3])
        #expect(await second.prefix(1).reduce(into: []) { $0.append($1) } == [3])
    }

    @Test func `who is slow gets the newest`() async {
        var listeners = Listeners<Int>()
        let stream = listeners.listen(keeping: 2)
        for number in 1...9 { listeners.tell(number) }
        #expect(await stream.prefix(2).reduce(into: []) { $0.append($1) } == [8, 9])
    }

    @Test func `one that was dropped or cancelled is let go at the next value`() async {
        var listeners = Listeners<Int>()
        _ = listeners.listen(keeping: 1)
        let kept = listeners.listen(keeping: 1)
        let cancelled = listeners.listen(keeping: 1)
        let task = Task { for await _ in cancelled {} }
        task.cancel()
        await task.value
        #expect(listeners.count == 3)
        listeners.tell(1)
        #expect(listeners.count == 1)
        var iterator = kept.makeAsyncIterator()
        #expect(await iterator.next() == 1)
    }
}
