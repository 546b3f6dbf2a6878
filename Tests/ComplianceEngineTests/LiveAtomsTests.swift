import Testing

@testable import ComplianceEngine

/// What is here for certain is not also here in doubt.
@Suite struct LiveAtomsTests {
  private func set(_ atoms: Int...) -> AtomSet {
    var set = AtomSet(count: 70)
    for atom in atoms { set.insert(atom) }
    return set
  }

  private let doubt = RuleKey(table: 0, rule: 1)

  @Test func certaintyWins() {
    var live = LiveAtoms(certain: set(1), doubtful: set(1, 2, 69), doubts: DoubtList(doubt))
    #expect(live.doubtful == set(2, 69))
    live.formUnion(LiveAtoms(certain: set(2, 69), doubtful: set(1)))
    #expect(live.certain == set(1, 2, 69) && live.doubtful.isEmpty)
    #expect(live.doubts.rules.isEmpty)
  }

  @Test func doubtsStayWhileAtomsDo() {
    var live = LiveAtoms(certain: set(1), doubtful: set(2, 3), doubts: DoubtList(doubt))
    live.subtract(LiveAtoms(certain: set(1), doubtful: set(2)))
    #expect(live.all == set(3) && live.doubts.rules == [doubt])
    live.subtract(LiveAtoms(certain: set(), doubtful: set(3)))
    #expect(live.isEmpty && live.doubts.rules.isEmpty)
  }

  @Test func doubtsAreListedOnce() {
    var list = DoubtList(doubt)
    list.formUnion(DoubtList(RuleKey(table: 0, rule: 2)))
    list.formUnion(DoubtList(doubt))
    #expect(list.rules == [doubt, RuleKey(table: 0, rule: 2)])
  }
}
