import DHT
import Model
import Simulation
import Testing

@Suite struct RoutingTableTests {
    private let own = nodeID(1)

    private func contact(_ number: Int, address: String? = nil) throws -> Contact {
        let text = address ?? "1.\(number / 250).\(number % 250).1"
        let ip = try #require(IPAddress(text))
        return Contact(
            id: .bound(to: ip, filler: nodeID(UInt64(1000 + number))),
            endpoint: Endpoint(ip, port: 6881))
    }

    @Test func `only who has answered is taken in`() throws {
        var table = RoutingTable(own: own)
        let contact = try contact(1)
        #expect(table.wants(contact))
        table.asked(by: contact, at: 10)
        #expect(table.count == 0)
        table.answered(contact, at: 10)
        #expect(table.count == 1 && table.answeringCount == 1)
        #expect(!table.wants(contact))
    }

    @Test func `a node does not keep itself`() throws {
        var table = RoutingTable(own: own)
        table.answered(Contact(id: own, endpoint: try endpoint("1.2.3.4:5")), at: 1)
        #expect(table.count == 0)
    }

    @Test func `far buckets hold eight, the near ones split`() throws {
        var table = RoutingTable(own: own)
        for number in 0..<3000 { table.answered(try contact(number), at: 1) }
        #expect(table.bucketCount > 5 && table.bucketCount < 14)
        #expect(table.count <= 8 * table.bucketCount && table.count > 50)
        for prefix in 0..<5 {
            let inBucket = table.contacts.filter { own.sharedPrefix(with: $0.id) == prefix }
            #expect(inBucket.count == 8)
        }
    }

    @Test func `two failures in a row, and a contact that waited takes the place`() throws {
        var table = RoutingTable(own: own)
        for number in 0..<500 { table.answered(try contact(number), at: 1) }
        let count = table.count
        let victim = try #require(table.contacts.first)
        table.failed(victim)
        #expect(table.contacts.contains(victim))
        table.answered(victim, at: 2)
        table.failed(victim)
        table.failed(victim)
        #expect(!table.contacts.contains(victim))
        #expect(table.count == count)
    }

    @Test func `two of an address range in a bucket, eight in all, local ones as many as come`()
        throws
    {
        var table = RoutingTable(own: own)
        for number in 1..<200 {
            table.answered(try contact(number, address: "8.8.8.\(number)"), at: 1)
        }
        #expect(table.count <= 8 && table.count >= 2)
        let far = table.contacts.filter { own.sharedPrefix(with: $0.id) == 0 }
        #expect(far.count <= 2)
        var local = RoutingTable(own: own)
        for number in 1..<200 {
            local.answered(try contact(number, address: "192.168.1.\(number)"), at: 1)
        }
        #expect(local.count > 30)
    }

    @Test func `a grown table takes no id that is not bound to its address`() throws {
        var table = RoutingTable(own: own)
        let free = Contact(id: nodeID(7), endpoint: try endpoint("200.1.1.1:1"))
        #expect(table.wants(free))
        for number in 0..<100 { table.answered(try contact(number), at: 1) }
        #expect(!table.wants(free))
        table.answered(free, at: 1)
        #expect(!table.contacts.contains(free))
    }

    @Test func `an id that moves is believed once its old address is silent`() throws {
        var table = RoutingTable(own: own)
        let old = try contact(1)
        let new = Contact(id: old.id, endpoint: try endpoint("1.0.1.1:7000"))
        table.answered(old, at: 1)
        table.answered(new, at: 2)
        #expect(table.contacts == [old])
        table.failed(old)
        table.answered(new, at: 3)
        #expect(table.contacts == [new])
    }

    @Test func `another own id keeps the contacts`() throws {
        var table = RoutingTable(own: own)
        for number in 0..<20 { table.answered(try contact(number), at: 1) }
        let before = Set(table.contacts)
        table.rename(to: nodeID(2))
        #expect(table.own == nodeID(2))
        #expect(Set(table.contacts).isSubset(of: before) && table.count > 8)
    }

    @Test func `the nearest are those that a plain sort finds`() throws {
        var core = CoreUnderTest(verifier: CheapVerifier())
        for number in 0..<300 {
            let contact = try contact(number)
            _ = try core.query("ping", [:], from: contact.endpoint, id: contact.id)
            try core.answerAll { _ in contact.id }
        }
        #expect(core.core.table.count > 40)
        for round in 0..<200 {
            let target = round == 0 ? core.core.id : nodeID(UInt64(5000 + round))
            let sorted = core.core.table.contacts.sorted {
                $0.id.isCloser(than: $1.id, to: target)
            }
            #expect(core.core.contacts(nearest: target) == Array(sorted.prefix(8)))
        }
    }
}
