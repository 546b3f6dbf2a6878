import ComplianceEngine
import EndpointCatalogue
import NetworkSets
import PolicyModel
import Testing

/// Mistakes that other tools are known to make; the numbers are those of our notes on them. The
/// traps that concern history, waivers and exit codes are tested where these live.
@Suite struct PeerTrapTests {
  /// 1: aerleon's aclcheck takes a name for "any", Batfish for nothing at all.
  @Test func aNameIsNeitherEverythingNorNothing() {
    let named = policy([rule("one", hosts: ["a.example.com"])])
    #expect(Judgement(named).verdict == .allowed)
    #expect(Judgement(named, "other.test").verdict == .blocked)
    let resolved = policy([rule("one", terms: destination(["a.example.com"], binding: .resolved))])
    #expect(Judgement(resolved).verdict == .conditional)
    #expect(Judgement(resolved, "other.test").verdict == .blocked)
  }

  /// 2: Batfish leaves URL categories out of the match.
  @Test func categoriesArePartOfTheMatch() {
    let listed = policy([
      rule("defender", urls: [.tokens("*.example.com/", openEnd: false)]),
      rule("games", terms: [.category("games")]),
    ])
    #expect(Judgement(listed).verdict == .allowed)
    #expect(Judgement(listed, "other.test").verdict == .conditional)
  }

  /// 4: the order of evaluation decides, not the order of the list.
  @Test func orderDecides() {
    let deny = rule("no", .deny(.drop), hosts: ["a.example.com"])
    let allow = rule("yes", hosts: ["a.example.com"])
    #expect(Judgement(policy([deny, allow])).verdict == .blocked)
    #expect(Judgement(policy([allow, deny])).verdict == .allowed)
  }

  /// 5: Azure asks its network rules before its application rules; AWS lets a drop on the lower
  /// layer win over a name that is allowed.
  @Test func layersAreAskedInTheirOrder() {
    let names = table("application", [rule("name", hosts: ["a.example.com"])], default: .deny)
    let azure = policy(
      [rule("network", .deny(.drop), ports: "443")], default: .none, tables: [names],
      mode: .firstDecisive, stages: ["application"])
    #expect(Judgement(azure).deciding == ["network"])
    let aws = policy(
      [rule("layer 4", .deny(.drop), ports: "443")], default: .allow, tables: [names],
      mode: .allOf, stages: ["application"])
    #expect(Judgement(aws).deciding == ["layer 4"])
  }

  /// 6: a PAN-OS entry without a slash at the end goes on to the right.
  @Test func anOpenEndAllowsStrangers() {
    let open = policy([rule("o", urls: [.tokens("a.example.com", openEnd: true)])])
    #expect(Judgement(open, "a.example.com.evil.test").verdict == .allowed)
    #expect(Judgement(open).ids.contains(.overmatchingPattern))
    let closed = policy([rule("c", urls: [.tokens("a.example.com/", openEnd: true)])])
    #expect(Judgement(closed, "a.example.com.evil.test").verdict == .blocked)
  }

  /// 10: aliases in aliases.
  @Test func nestedAliasesDoNotBlowUp() {
    var objects = (0..<40).map { EndpointList([.object($0 + 1), .object($0 + 1), .object(40)]) }
    objects.append(EndpointList(destination(["a.example.com"])))
    #expect(
      Judgement(policy([rule("r", terms: [.object(0)])], objects: objects)).verdict == .allowed)
  }

  /// 11: pan_analyzer compares rules one by one and networks as text.
  @Test func shadowsByContainmentAndByUnion() {
    let allow = rule("yes", hosts: ["a.example.com"], from: ["10.1.2.0/24"])
    let wide = policy([rule("no", .deny(.drop), from: ["10.0.0.0/8"]), allow])
    let narrow = Judgement(wide, client: client("10.1.2.0/24"))
    #expect(narrow.reason == .shadowedAllow && narrow.ids.contains(.shadowedRule))
    let halves = policy([
      rule("low", .deny(.drop), from: ["10.1.2.0/25"]),
      rule("high", .deny(.drop), from: ["10.1.2.128/25"]), allow,
    ])
    let union = Judgement(halves, client: client("10.1.2.0/24"))
    #expect(union.reason == .shadowedAllow)
    #expect(union.results.first?.blockers.map(\.rule) == ["low", "high"])
    let half = policy([rule("low", .deny(.drop), from: ["10.1.2.0/25"]), allow])
    #expect(Judgement(half, client: client("10.1.2.0/24")).verdict == .partial)
  }

  /// 13: a wildcard is not its own domain, on either side.
  @Test func apexAndWildcardAreTwoThings() {
    let below = policy([rule("w", hosts: ["*.a.example.com"])])
    #expect(Judgement(below, "*.a.example.com").verdict == .allowed)
    #expect(Judgement(below, "a.example.com").verdict == .blocked)
    #expect(Judgement(below, "*.a.example.com").ids.contains(.apexNotCovered))
    let apex = policy([rule("n", hosts: ["a.example.com"])])
    #expect(Judgement(apex, "*.a.example.com").verdict == .blocked)
  }

  /// 18: what cannot be resolved is a question, not a rule less.
  @Test func unresolvedPartsAreConditions() {
    let part = EndpointTerm.condition(Condition(.unresolved, "no object `x`"))
    let allow = policy([rule("r", terms: [part])])
    #expect(Judgement(allow).verdict == .conditional)
    let deny = policy([rule("r", .deny(.drop), terms: [part])], default: .allow)
    #expect(Judgement(deny).verdict == .conditional)
    // Beside something that matches for certain it does not matter.
    let beside = policy([rule("r", terms: [part] + destination(["a.example.com"]))])
    #expect(Judgement(beside).verdict == .allowed)
  }
}
