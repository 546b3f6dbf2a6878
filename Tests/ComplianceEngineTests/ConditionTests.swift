import ComplianceEngine
import NetworkSets
import PolicyModel
import Testing

/// What stays open, and what knowledge from outside closes it.
@Suite struct ConditionTests {
  private let host = HostName(constant: "a.example.com")

  private func known(_ addresses: [String]) -> OutsideKnowledge {
    OutsideKnowledge(addresses: [host: addresses.compactMap { IPAddress($0) }])
  }

  @Test func addressesNeedAResolvedName() {
    let policy = policy([rule("net", to: ["20.0.0.0/8"])])
    let open = Judgement(policy)
    #expect(open.verdict == .conditional && open.kinds == [.addressOnly])
    #expect(open.results.first?.conditions.first?.condition.detail.contains("20.0.0.0/8") == true)
    #expect(Judgement(policy, knowledge: known(["20.1.2.3"])).verdict == .allowed)
    #expect(Judgement(policy, knowledge: known(["21.1.2.3"])).verdict == .blocked)
    #expect(Judgement(policy, knowledge: known(["20.1.2.3", "21.1.2.3"])).verdict == .partial)
    // A table that knows the host in another family only says nothing.
    #expect(Judgement(policy, knowledge: known(["2a01:111::1"])).verdict == .conditional)
  }

  @Test func tagsNeedTheirRangesAndTheResolvedName() {
    let policy = policy([rule("tag", terms: [.tag("AzureCloud")])])
    #expect(Judgement(policy).kinds == [.vendorTag])
    var knowledge = OutsideKnowledge(tags: ["AzureCloud": AddressSet(parsing: "20.0.0.0/8") ?? .any]
    )
    #expect(Judgement(policy, knowledge: knowledge).kinds == [.vendorTag])
    knowledge.addresses = known(["20.1.2.3"]).addresses
    #expect(Judgement(policy, knowledge: knowledge).verdict == .allowed)
    knowledge.addresses = known(["21.1.2.3"]).addresses
    #expect(Judgement(policy, knowledge: knowledge).verdict == .blocked)
    knowledge.tags = ["Other": .any]
    #expect(Judgement(policy, knowledge: knowledge).verdict == .conditional)
  }

  @Test func applicationsAndCategoriesCanBeTold() {
    let application = policy([rule("app", and: [.application(["ssl", "web"])])])
    #expect(Judgement(application).kinds == [.application])
    func told(_ names: Set<String>) -> Verdict? {
      Judgement(application, knowledge: OutsideKnowledge(applications: names)).verdict
    }
    #expect(told(["ssl"]) == .allowed)
    #expect(told(["ssl", "dns"]) == .conditional)
    #expect(told(["dns"]) == .blocked)
    // What people and logs write otherwise is the same word.
    #expect(told(["SSL"]) == .allowed)
    let category = policy([rule("cat", .deny(.drop), terms: [.category("games")])], default: .allow)
    #expect(Judgement(category).kinds == [.category])
    func put(_ names: Set<String>) -> Verdict? {
      Judgement(category, knowledge: OutsideKnowledge(categories: names)).verdict
    }
    #expect(put(["games"]) == .blocked)
    #expect(put(["Games "]) == .blocked)
    // A host has several categories, of content, of risk, of the customer's own.
    #expect(put(["business"]) == .conditional)
    #expect(put(["games", "business"]) == .conditional)
  }

  @Test(arguments: Condition.Kind.allCases)
  func aConditionOfEachKindIsTold(_ kind: Condition.Kind) {
    let judged = Judgement(
      policy([rule("open", terms: [.condition(Condition(kind, "what it is"))])]))
    #expect(judged.verdict == .conditional && judged.kinds == [kind])
    let condition = judged.results.first?.conditions.first
    #expect(condition?.outcome == "allow" && condition?.rule.rule == "open")
    #expect(judged.results.first?.change != nil)
  }

  /// `outcome` says what happens where the condition holds, for a step out of the table too.
  @Test func conditionsTellWhatTheyWouldDecide() {
    let judged = Judgement(
      policy(
        [
          rule("leave", .return, and: [.requires(Condition(.schedule, "at night"))]),
          rule("no", .deny(.drop)),
        ], default: .allow))
    #expect(judged.verdict == .conditional)
    #expect(judged.results.first?.conditions.map(\.outcome) == ["allow"])
  }

  @Test func namesThatTheDeviceResolvesStayOpen() {
    let policy = policy([rule("name", terms: destination(["a.example.com"], binding: .resolved))])
    #expect(Judgement(policy).kinds == [.resolvedName])
    // Where the client goes does not tell what the device last resolved.
    #expect(Judgement(policy, knowledge: known(["20.1.2.3"])).verdict == .conditional)
    #expect(Judgement(policy, "b.example.com").verdict == .blocked)
  }

  @Test func pathsAreSeenByThoseWhoDecrypt() {
    let url = URLPattern.parts(.exact(host), .exact("/p"))
    let rules = [rule("path", urls: [url])]
    #expect(Judgement(policy(rules), path: "/p").verdict == .blocked)
    #expect(Judgement(policy(rules), path: "/p", port: 80).verdict == .allowed)
    #expect(Judgement(policy(rules), path: "/q", port: 80).verdict == .blocked)
    let decrypting = policy(rules, inspection: [rule("all", .inspect)])
    #expect(Judgement(decrypting, path: "/p").verdict == .allowed)
    let maybe = policy(
      rules, inspection: [rule("some", .inspect, and: [.requires(Condition(.user, "staff"))])])
    #expect(Judgement(maybe, path: "/p").kinds == [.user])
    let itself = policy([rule("path", urls: [url], decrypts: true)])
    #expect(Judgement(itself, path: "/p").verdict == .allowed)
  }

  @Test func inspectionByDefaultShowsPathsToo() {
    var policy = policy(
      [rule("path", urls: [.parts(.exact(host), .exact("/p"))])], inspection: [])
    policy.tables[1].defaultAction = DefaultAction(.allow, name: "decrypt")
    #expect(Judgement(policy, path: "/p").verdict == .allowed)
    #expect(Judgement(policy).verdict == .partial)
  }

  @Test func anOpenWayOutIsACondition() {
    let policy = policy([
      rule("out", and: [.from(ZoneList(["lan"])), .to(ZoneList(["wan"]))])
    ])
    let open = Judgement(policy, client: client("10.1.0.0/16", from: "lan"))
    #expect(open.verdict == .conditional && open.kinds == [.interfaceBinding])
    #expect(Set(open.results.first?.conditions.map(\.outcome) ?? []) == ["allow", "deny"])
    #expect(open.results.first?.change?.text.contains("--to-zone") == true)
    #expect(
      Judgement(policy, client: client("10.1.0.0/16", from: "lan", to: "wan")).verdict == .allowed)
    #expect(
      Judgement(policy, client: client("10.1.0.0/16", from: "lan", to: "dmz")).verdict == .blocked)
    // Clients of several zones are several clients.
    let both = Judgement(policy, client: client("10.1.0.0/16", to: "wan"))
    #expect(both.verdict == .partial)
  }

  /// What a device forwards neither comes from the device itself nor ends there.
  @Test func theDeviceItselfIsNeitherClientNorWayOut() {
    let itself = policy(
      [
        rule("from", .deny(.drop), and: [.from(ZoneList(["HOST"]))]),
        rule("to", .deny(.drop), and: [.to(ZoneList(["HOST"]))]),
      ], default: .allow)
    #expect(Judgement(itself, client: client("10.1.0.0/16")).verdict == .allowed)
    #expect(Judgement(itself, client: client("10.1.0.0/16", from: "lan")).verdict == .allowed)
  }

  @Test func aWayOutThatMakesNoDifferenceIsNone() {
    let policy = policy([
      rule("wan", and: [.to(ZoneList(["wan"]))]),
      rule("rest", and: [.to(ZoneList(["wan"], negated: true))]),
    ])
    #expect(Judgement(policy, client: client("10.1.0.0/16", from: "lan")).verdict == .allowed)
  }

  @Test func familiesAreJudgedApart() {
    let policy = policy([rule("v4", and: [.family(.ipv4)])])
    #expect(Judgement(policy).verdict == .allowed)
    #expect(Judgement(policy, family: .ipv6).verdict == .blocked)
    #expect(Judgement(policy, client: client("10.0.0.0/8"), family: .ipv6).verdict == .unknown)
  }

  @Test func sourcePortsOfTheClientAreOpenUnlessWide() throws {
    func judged(_ ports: String) -> Verdict? {
      guard let set = PortSet(parsing: ports) else { return nil }
      let service = Service(protocol: 6, sourcePorts: set)
      return Judgement(
        policy([rule("s", and: [.service(ServiceList([.service(service)]))])])
      ).verdict
    }
    #expect(judged("1024-65535") == .allowed)
    #expect(judged("0-1023") == .blocked)
    #expect(judged("49152-65535") == .conditional)
  }
}
