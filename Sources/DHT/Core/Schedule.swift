internal import Model

/// When each recurring task of a core is due, in nanoseconds of uptime.
struct Schedule: Sendable {
    private static let second: UInt64 = 1_000_000_000

    /// Between two looks at the table: one contact is asked whether it is there, one bucket
    /// refreshed. With 130 contacts each is heard every 15 minutes.
    static let tableInterval = 6 * second
    static let neighbourhoodInterval = 15 * 60 * second
    static let expiryInterval = 5 * 60 * second
    static let newcomerInterval = second
    static let joinIntervalMin = 2 * second
    static let joinIntervalMax = 60 * second
    static let saveInterval = 5 * 60 * second
    static let repetitionCountMax = 8
    static let rememberedCountMax = 16

    var table: UInt64
    /// A lookup of our own id: who is nearest decides what we keep.
    var neighbourhood: UInt64
    var expiry: UInt64
    var join = UInt64.max
    var joinInterval = joinIntervalMin
    var publications = UInt64.max
    /// Only while somebody waits.
    var newcomers: UInt64 = 0
    private var savable: UInt64
    private var savedCount = 0
    private(set) var save = UInt64.max

    init(now: UInt64) {
        table = now + Schedule.second
        neighbourhood = now + 10 * Schedule.second
        expiry = now + Schedule.expiryInterval
        savable = now + 10 * Schedule.second
    }

    var earliest: UInt64 {
        min(table, neighbourhood, min(expiry, join, min(publications, save)))
    }

    /// The table is written when it has grown or shrunk, at most every five minutes.
    mutating func noteChange(contactCount: Int, now: UInt64) {
        guard contactCount != savedCount, save == .max else { return }
        save = max(savable, now)
    }

    mutating func saved(contactCount: Int, now: UInt64) {
        savedCount = contactCount
        save = .max
        savable = now + Schedule.saveInterval
    }
}

extension DHTCore {
    mutating func runSchedule() {
        if schedule.table <= now { tendTable() }
        if schedule.join <= now { join() }
        if schedule.neighbourhood <= now { visitNeighbourhood() }
        if schedule.publications <= now { repeatPublications() }
        if !newcomers.isEmpty, schedule.newcomers <= now { probeNewcomer() }
        if schedule.expiry <= now {
            items.expire(now: now)
            peers.expire(now: now)
            schedule.expiry = now + Schedule.expiryInterval
        }
        if schedule.save <= now {
            schedule.saved(contactCount: table.count, now: now)
            effects.append(.save)
        }
    }

    private mutating func tendTable() {
        schedule.table = later(Schedule.tableInterval)
        guard table.hasAnswering else {
            if schedule.join == .max { schedule.join = now }
            return
        }
        schedule.join = .max
        schedule.joinInterval = Schedule.joinIntervalMin
        if let contact = table.stalest(at: seconds) {
            ask(.ping, of: contact.endpoint, expecting: contact.id, purpose: .keepAlive)
        }
        let isRefreshing = searches.contains {
            if case .refresh = $0.goal { true } else { false }
        }
        if !isRefreshing, let bucket = table.bucketToRefresh(at: seconds) {
            let target = id.sibling(at: bucket, filler: random.nodeID())
            startSearch(.refresh, target: target, shape: .plain)
            table.refreshed(bucket: bucket, at: seconds)
        }
    }

    /// Asks the configured nodes, and some of a former run, for their contacts while nobody
    /// answers, less and less often.
    private mutating func join() {
        guard !table.hasAnswering else {
            schedule.join = .max
            return
        }
        for endpoint in known {
            ask(.findNode, Arguments(target: id), of: endpoint, expecting: nil, purpose: .join)
        }
        for contact in table.contacts.prefix(Schedule.rememberedCountMax) {
            ask(
                .findNode, Arguments(target: id), of: contact.endpoint, expecting: contact.id,
                purpose: .join)
        }
        effects.append(.resolveKnownNodes)
        schedule.join = later(schedule.joinInterval)
        schedule.joinInterval = min(2 * schedule.joinInterval, Schedule.joinIntervalMax)
    }

    private mutating func visitNeighbourhood() {
        schedule.neighbourhood = later(Schedule.neighbourhoodInterval)
        if table.count > 0 { startSearch(.refresh, target: id, shape: .plain) }
    }

    /// A few at a time, so that a node with many does not send all in one burst.
    private mutating func repeatPublications() {
        var items: [Item] = []
        var announced: [Announcement] = []
        var next = UInt64.max
        for index in publications.indices {
            if publications[index].due <= now, items.count < Schedule.repetitionCountMax {
                publications[index].due = later(Publication.interval)
                items.append(publications[index].item)
            }
            next = min(next, publications[index].due)
        }
        for index in announcements.indices {
            if announcements[index].due <= now, announced.count < Schedule.repetitionCountMax {
                announcements[index].due = later(Announcement.interval)
                announced.append(announcements[index])
            }
            next = min(next, announcements[index].due)
        }
        schedule.publications = max(next, now + Schedule.newcomerInterval)
        for item in items { startPut(item, expected: nil, ticket: nil) }
        for announcement in announced {
            startSearch(
                .announce(port: announcement.port, ticket: nil), target: announcement.topic,
                shape: .disjoint(configuration.pathCount))
        }
    }

    /// `interval` from now, give or take an eighth, so that nodes do not fall into step.
    private mutating func later(_ interval: UInt64) -> UInt64 {
        now + interval - interval / 8 + random.below(interval / 4)
    }
}
