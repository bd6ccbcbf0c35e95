import Testing

@testable import bitdust

@Suite struct FamilyTextTests {
    @Test func `how far a clock is off is said in hours, then in days`() {
        #expect(FamilyText.clock(3601) == "1 hour ahead of")
        #expect(FamilyText.clock(-7200) == "2 hours behind")
        #expect(FamilyText.clock(86_400) == "24 hours ahead of")
        #expect(FamilyText.clock(-365 * 86_400) == "365 days behind")
    }
}
