import Foundation
import TestSupport
import Testing

/// `snapshot diff` as a person reads it, of two files and of two snapshots.
@Suite struct SnapshotDiffTests {
  private struct Rule {
    var name: String
    var action = "allow"
    var disabled = false
    var destination = "any"
  }

  private static let rules = [
    Rule(name: "block guests", action: "deny", destination: "guests"),
    Rule(name: "web out"), Rule(name: "mail out"), Rule(name: "deny rest", action: "deny"),
  ]

  private static func export(_ rules: [Rule], guests: String = "192.0.2.0/24") -> String {
    let list = rules.map { rule in
      """
      <entry name="\(rule.name)"><from><member>trust</member></from><to><member>untrust</member></to>
      <source><member>any</member></source><destination><member>\(rule.destination)</member></destination>
      <application><member>any</member></application><service><member>service-https</member>
      <member>service-http</member></service><action>\(rule.action)</action>\
      \(rule.disabled ? "<disabled>yes</disabled>" : "")</entry>
      """
    }.joined(separator: "\n")
    return """
      <config version="10.2.0"><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1">
      <zone><entry name="trust"/><entry name="untrust"/></zone>
      <address><entry name="guests"><ip-netmask>\(guests)</ip-netmask></entry></address>
      <rulebase><security><rules>
      \(list)
      </rules></security></rulebase></entry></vsys></entry></devices></config>
      """
  }

  private static func edited(_ edit: (inout [Rule]) -> Void) -> String {
    var rules = rules
    edit(&rules)
    return export(rules)
  }

  private static let cases: [(name: String, after: String, expected: [String])] = [
    (
      "added", edited { $0.insert(Rule(name: "no cloud", action: "deny"), at: 1) },
      ["+ rule added: `no cloud`", "allowed → blocked (shadowed-allow)"]
    ),
    ("removed", edited { $0.remove(at: 2) }, ["- rule removed: `mail out`"]),
    (
      "disabled", edited { $0[1].disabled = true },
      ["~ rule edited: `web out`", "enabled"]
    ),
    (
      "denied", edited { $0[1].action = "deny" },
      ["~ rule edited: `web out`", "action: allow → drop", "allowed → blocked"]
    ),
    ("moved", edited { $0.swapAt(1, 2) }, ["rule moved", "`"]),
    ("object", export(rules, guests: "198.51.100.0/24"), ["object edited: `guests`"]),
  ]

  @Test(arguments: cases.indices)
  func changeIsToldWithItsEffect(_ index: Int) throws {
    let (name, after, expected) = Self.cases[index]
    let session = try Session()
    try session.folder.write("before.xml", Self.export(Self.rules))
    try session.folder.write("after.xml", after)
    let files = try session.run("snapshot", "diff", "before.xml", "after.xml")
    for text in expected {
      #expect(files.out.contains(text), "\(name): no `\(text)` in\n\(files.out)")
    }
    for line in files.out.split(separator: "\n") { #expect(line.count <= 80, "\(name): \(line)") }

    // The same of two snapshots, down to the first empty line, which tells the two sides.
    for (file, date) in [("before.xml", "2026-01-31"), ("after.xml", "2026-02-28")] {
      let stored = try session.run(
        "import", file, "--site", "paris", "--device", "fw", "--taken-at", date)
      #expect(stored.status == 0, "\(stored.err)")
    }
    let snapshots = try session.run("snapshot", "diff", "paris@2026-01-31", "@2026-02-28")
    #expect(Self.changes(snapshots.out) == Self.changes(files.out))
  }

  private static func changes(_ text: String) -> [Substring] {
    Array(
      text.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.isEmpty }.dropFirst()
    )
  }

  @Test func equalExportsHaveNoDifference() throws {
    let session = try Session()
    try session.folder.write("before.xml", Self.export(Self.rules))
    try session.folder.write("after.xml", Self.export(Self.rules))
    let outcome = try session.run("snapshot", "diff", "before.xml", "after.xml")
    #expect(outcome.status == 0)
    #expect(outcome.out.contains("No rule, object or setting differs"), "\(outcome.out)")
  }
}
