import ComplianceEngine
import EndpointCatalogue
import NetworkSets
import PolicyModel
import Testing

/// Each finding on a policy that has it, and on the nearest one that has not.
@Suite struct FindingTests {
  struct Row: Sendable, CustomStringConvertible {
    let id: Finding.ID
    let description: String
    let present: Policy
    let absent: Policy
    var list = catalogue([endpoint("a.example.com")])
    var severity = Finding.Severity.warning
    var client = Client()
  }

  private static let blobs = "*.blob.core.windows.net"

  private static let blobList = catalogue(
    [endpoint("ussus1eastprod.blob.core.windows.net")],
    says: [.blobNoInspectionExclusion, .allowRuleExcludesBlob])

  private static let pinned = catalogue([endpoint("a.example.com", inspection: .pinned)])

  private static func open(_ kind: Condition.Kind) -> Policy {
    policy([
      rule("r", hosts: ["a.example.com"], and: [.requires(Condition(kind, "something"))])
    ])
  }

  static let rows: [Row] = [
    Row(
      id: .overBroadAllow, description: "a rule for everything", present: policy([rule("any")]),
      absent: policy([rule("one", hosts: ["a.example.com"])])),
    Row(
      id: .overBroadAllow, description: "every destination on one port",
      present: policy([rule("web", ports: "443")]),
      absent: policy([rule("web", hosts: ["a.example.com"], ports: "443")]), severity: .note),
    Row(
      id: .overBroadAllow, description: "allowed by default",
      present: policy([], default: .allow),
      absent: policy([rule("one", hosts: ["a.example.com"])], default: .allow)),
    Row(
      id: .sharedSuffixAllow, description: "every Azure customer's storage",
      present: policy([rule("blob", hosts: [blobs])]),
      absent: policy([rule("blob", hosts: ["ussus1eastprod.blob.core.windows.net"])]),
      list: blobList),
    Row(
      id: .sharedSuffixAllow, description: "a wider suffix still",
      present: policy([rule("windows", hosts: ["*.windows.net"])]),
      absent: policy([rule("other", hosts: ["*.table.core.windows.net"])]), list: blobList),
    Row(
      id: .inspectionBypassBlob, description: "that suffix exempted from decryption",
      present: policy(
        [rule("any")],
        inspection: [rule("exempt", .bypass, hosts: [blobs]), rule("all", .inspect)]),
      absent: policy(
        [rule("any")],
        inspection: [
          rule("exempt", .bypass, hosts: ["ussus1eastprod.blob.core.windows.net"]),
          rule("all", .inspect),
        ]), list: blobList, severity: .error),
    Row(
      id: .tlsInspected, description: "a pinned endpoint decrypted",
      present: policy([rule("any")], inspection: [rule("all", .inspect)]),
      absent: policy(
        [rule("any")],
        inspection: [rule("exempt", .bypass, hosts: ["a.example.com"]), rule("all", .inspect)]),
      list: pinned, severity: .error),
    Row(
      id: .tlsInspected, description: "a rule that decrypts by itself",
      present: policy([rule("any", decrypts: true)]), absent: policy([rule("any")])),
    Row(
      id: .tlsInspected, description: "perhaps decrypted",
      present: policy(
        [rule("any")], inspection: [rule("some", .inspect, and: [.requires(Condition(.user, "x"))])]
      ),
      absent: policy(
        [rule("any")], inspection: [rule("some", .bypass, and: [.requires(Condition(.user, "x"))])]),
      severity: .note),
    Row(
      id: .overmatchingPattern, description: "a suffix without a label boundary",
      present: policy([rule("s", urls: [.host(.suffix("example.com"))])]),
      absent: policy([rule("s", urls: [.host(.suffix(".example.com"))])])),
    Row(
      id: .overmatchingPattern, description: "an entry that goes on to the right",
      present: policy([rule("s", urls: [.tokens("a.example.com", openEnd: true)])]),
      absent: policy([rule("s", urls: [.tokens("a.example.com/", openEnd: true)])])),
    Row(
      id: .overmatchingPattern, description: "an expression without anchors",
      present: policy([
        rule("s", urls: [.host(.regex(RandomExpressions.make("a.example.com")))])
      ]),
      absent: policy([
        rule("s", urls: [.host(.regex(RandomExpressions.make("^a\\.example\\.com$")))])
      ])),
    Row(
      id: .shadowedRule, description: "behind a deny",
      present: policy([rule("no", .deny(.drop)), rule("yes", hosts: ["a.example.com"])]),
      absent: policy([rule("yes", hosts: ["a.example.com"]), rule("no", .deny(.drop))])),
    Row(
      id: .shadowedRule, description: "behind a deny of more hosts",
      present: policy([
        rule("no", .deny(.drop), hosts: ["*.example.com"]), rule("yes", hosts: ["a.example.com"]),
      ]),
      absent: policy([
        rule("no", .deny(.drop), hosts: ["a.example.com"]), rule("yes", hosts: ["*.example.com"]),
      ])),
    Row(
      id: .disabledRule, description: "a deny is off",
      present: policy([rule("no", .deny(.drop), enabled: false), rule("any")]),
      absent: policy([rule("any"), rule("no", .deny(.drop), enabled: false)]), severity: .note),
    Row(
      id: .sharedSuffixAllow, description: "every Azure customer's storage, in a group",
      present: policy(
        [rule("blob", terms: [.object(0)])],
        objects: [
          EndpointList(destination([blobs]), except: destination(["x.blob.core.windows.net"]))
        ]),
      absent: policy(
        [rule("blob", terms: [.object(0)])],
        objects: [
          EndpointList(
            destination(["ussus1eastprod.blob.core.windows.net"]),
            except: destination(["x.blob.core.windows.net"]))
        ]), list: blobList),
    Row(
      id: .disabledRule, description: "the allow is off",
      present: policy([rule("yes", hosts: ["a.example.com"], enabled: false)]),
      absent: policy([
        rule("yes", hosts: ["a.example.com"], enabled: false), rule("on", hosts: ["a.example.com"]),
      ])),
    Row(
      id: .userBoundAllow, description: "only for a user", present: open(.user),
      absent: open(.application)),
    Row(
      id: .scheduledAllow, description: "only at times", present: open(.schedule),
      absent: open(.user)),
    Row(
      id: .wildcardInResolvedObject, description: "a wildcard by a name that is looked up",
      present: policy([rule("n", terms: destination(["b.a.example.com"], binding: .resolved))]),
      absent: policy([rule("n", terms: destination(["b.a.example.com"]))]),
      list: catalogue([endpoint("*.a.example.com")])),
    Row(
      id: .apexNotCovered, description: "the names below and not the domain",
      present: policy([rule("sub", hosts: ["*.a.example.com"])]),
      absent: policy([rule("both", hosts: ["*.a.example.com", "a.example.com"])]),
      list: catalogue([endpoint("*.a.example.com")]), severity: .note),
    Row(
      id: .unresolvedReference, description: "noted by the importer",
      present: policy([], notes: [Note(.unresolved, "no object `x`")]),
      absent: policy([], notes: [Note(.completeness, "no object `x`")])),
    Row(
      id: .unmodelledElement, description: "noted by the importer",
      present: policy([], notes: [Note(.unmodelled, "marks")]),
      absent: policy([], notes: [Note(.reading, "marks")]), severity: .note),
    Row(
      id: .advisedPortBlocked, description: "port 80 is advised",
      present: policy([rule("tls", hosts: ["a.example.com"], ports: "443")]),
      absent: policy([rule("web", hosts: ["a.example.com"], ports: "80,443")]),
      list: catalogue([endpoint("a.example.com", advised: [80])]), severity: .note),
  ]

  @Test(arguments: rows) func isThere(_ row: Row) {
    let found = Judgement([row.present], row.list, clients: [row.client]).findings
      .filter { $0.id == row.id }
    #expect(found.count == 1)
    #expect(found.first?.severity == row.severity)
    #expect(found.first?.message.isEmpty == false)
  }

  @Test(arguments: rows) func isNotThere(_ row: Row) {
    #expect(!Judgement([row.absent], row.list, clients: [row.client]).ids.contains(row.id))
  }

  @Test func everyFindingOfTheEngineHasARow() {
    // What waivers and the life of the list bring up is not the engine's.
    let others: Set<Finding.ID> = [.expiredWaiver, .listNotConfirmed]
    #expect(Set(Self.rows.map(\.id)) == Set(Finding.ID.allCases).subtracting(others))
  }

  @Test func theListMayTolerateTheSuffix() {
    let lenient = catalogue([endpoint("ussus1eastprod.blob.core.windows.net")])
    let found = Judgement([policy([rule("blob", hosts: [Self.blobs])])], lenient).findings
      .first { $0.id == .sharedSuffixAllow }
    #expect(found?.severity == .note)
    let exempt = policy(
      [rule("any")],
      inspection: [rule("exempt", .bypass, hosts: [Self.blobs]), rule("all", .inspect)])
    #expect(!Judgement([exempt], lenient).ids.contains(.inspectionBypassBlob))
  }

  @Test func aFindingNamesAllThatItTouchesOnce() {
    let list = catalogue([endpoint("a.example.com"), endpoint("b.example.com", ports: [80, 443])])
    let found = Judgement([policy([rule("any")])], list).findings
    #expect(found.map(\.endpoints) == [[0, 1]])
    #expect(found.first?.rule?.ordinal == 1 && found.first?.position?.line == 10)
  }

  @Test func findingsComeBySeverity() {
    let list = catalogue(
      [endpoint("a.example.com", advised: [80], inspection: .pinned)])
    let found = Judgement(
      [policy([rule("tls", ports: "443")], inspection: [rule("all", .inspect)])], list
    ).findings
    #expect(found.map(\.severity) == found.map(\.severity).sorted())
    #expect(found.first?.id == .tlsInspected)
  }
}

/// Expressions for tables, where throwing is not possible.
enum RandomExpressions {
  static func make(_ source: String) -> RegularExpression {
    do { return try RegularExpression(source) } catch { preconditionFailure("\(error)") }
  }
}
