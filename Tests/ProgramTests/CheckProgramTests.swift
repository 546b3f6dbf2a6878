import Foundation
import TestSupport
import Testing

/// `check`, `explain` and the errors that users meet.
@Suite struct CheckProgramTests {
  @Test(arguments: try Samples.all(named: "minimal"))
  func everyFormatIsCheckedWithin80Columns(_ format: String, _ inputs: [String]) throws {
    let session = try Session()
    let outcome = try session.runner.run(["check"] + inputs)
    #expect([0, 1, 2].contains(outcome.status), "\(outcome.err)")
    #expect(outcome.err.isEmpty)
    for line in outcome.out.split(separator: "\n") {
      #expect(line.count <= 80, "\(format): \(line)")
    }
    #expect(!outcome.out.contains("\u{1B}"), "colour goes to terminals only")
  }

  @Test(arguments: [
    (["check", "missing.xml"], 66, "missing.xml"),
    (["check", "empty.xml"], 65, "empty.xml"),
    (["check", "note.txt"], 65, "note.txt"),
    (["check", "cut.xml"], 65, "cut.xml:"),
    (["check", "cut.json"], 65, "cut.json"),
    (["check"], 64, "path"),
    (["check", "good.xml", "--format", "pdf"], 64, "pdf"),
    (["check", "good.xml", "--client", "10.0.0.0/99"], 64, "10.0.0.0/99"),
    (["check", "good.xml", "--catalogue", "2020-02-30"], 64, "catalogue list"),
    (["check", "good.xml", "--from-zone", "nowhere"], 64, "nowhere"),
    (["check", "good.xml", "--scope", "vsys9"], 65, "vsys9"),
    (["check", "good.xml", "-o", "no/such/folder/report.html"], 73, "no/such/folder"),
    (["check", "good.xml", "--resolved", "note.txt"], 66, "note.txt"),
    (["explain", "not a url", "good.xml"], 64, "not a url"),
    (["audit", "--db", "none.db"], 66, "none.db"),
    (["sql", "SELECT 1", "--db", "note.txt"], 65, "note.txt"),
    (["history", "paris", "--db", "none.db"], 66, "none.db"),
    (["import", "good.xml"], 66, "--site"),
    (["import", "missing", "--site", "a"], 66, "missing"),
    (["nonsense"], 64, "nonsense"),
  ])
  func errorsNameTheFileAndEndWithTheRightStatus(
    _ arguments: [String], _ status: Int32, _ mention: String
  ) throws {
    let session = try Session()
    let good = try Repository.bytes(
      Repository.samples.appendingPathComponent("panos/minimal/input.xml"))
    try session.folder.write("good.xml", good)
    try session.folder.write("cut.xml", Array(good.prefix(good.count / 2)))
    try session.folder.write("cut.json", #"{"nftables": [{"metainfo": {"#)
    try session.folder.write("empty.xml", "")
    try session.folder.write("note.txt", "Dear colleague,\nplease find attached.\n")
    let outcome = try session.runner.run(arguments, in: session.folder.url.path)
    let accepted = status == 66 ? [65, 66, 64] : [status]
    #expect(accepted.contains(outcome.status), "status \(outcome.status): \(outcome.err)")
    #expect(outcome.err.contains(mention), "\(outcome.err)")
    #expect(outcome.out.isEmpty)
  }

  @Test func exitStatusFollowsTheVerdicts() throws {
    let session = try Session()
    _ = try session.demo()
    func status(_ path: String, _ more: String...) throws -> Int32 {
      try session.runner.run(["check", session.folder.path("demo/exports/\(path)")] + more).status
    }
    #expect(
      try status("lyon/fw-lyon/2026-09-07.xml", "--from-zone", "lan", "--to-zone", "wan") == 0)
    #expect(try status("paris/fw-paris/2026-09-07.xml") == 1)
    #expect(try status("branch/gw-branch/2026-09-07.json") == 2)
    #expect(try status("branch/gw-branch/2026-09-07.json", "--fail-on", "conditional") == 1)
    #expect(try status("paris/fw-paris/2026-09-07.xml", "--fail-on", "never") == 0)
  }

  @Test func resolvedNamesDecideAddressRules() throws {
    let session = try Session()
    let ruleset = """
      {"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
       {"table": {"family": "inet", "name": "f", "handle": 1}},
       {"chain": {"family": "inet", "table": "f", "name": "fwd", "handle": 1, "type": "filter",
         "hook": "forward", "prio": 0, "policy": "drop"}},
       {"rule": {"family": "inet", "table": "f", "chain": "fwd", "handle": 3, "expr": [
         {"match": {"op": "in", "left": {"ct": {"key": "state"}},
           "right": ["established", "related"]}}, {"accept": null}]}},
       {"rule": {"family": "inet", "table": "f", "chain": "fwd", "handle": 2, "expr": [
         {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}},
           "right": {"prefix": {"addr": "20.0.0.0", "len": 8}}}},
         {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
           "right": 443}}, {"accept": null}]}}]}
      """
    let file = try session.folder.write("rules.json", ruleset)
    let table = try session.folder.write(
      "names.csv", "host,address,resolved_on\ngo.microsoft.com,20.1.2.3,2026-11-20\n")
    func verdict(_ options: String...) throws -> String {
      let outcome = try session.runner.run(
        ["check", file, "--format", "csv", "--from-zone", "lan", "--to-zone", "wan"] + options)
      let line = outcome.out.split(separator: "\n").first {
        $0.contains("go.microsoft.com") && $0.contains(",443,")
      }
      return String(line ?? "no line: \(outcome.err)")
    }
    #expect(try verdict().contains("conditional"))
    #expect(try verdict("--resolved", table).contains("allowed"))
    let text = try session.runner.run(["check", file, "--resolved", table]).out
    #expect(text.contains("looked up on 2026-11-20"), "the report says what it was told")
  }

  @Test func hostileNamesAreDataInEveryReport() throws {
    let session = try Session()
    let original = String(
      decoding: try Repository.bytes(
        Repository.samples.appendingPathComponent("panos/minimal/input.xml")), as: UTF8.self)
    let first = try #require(original.range(of: "<rules>"))
    let name = try #require(
      original[first.upperBound...].range(
        of: #"(?<=<entry name=")[^"]+"#, options: .regularExpression))
    let hostile = original.replacingCharacters(
      in: name, with: "&lt;script&gt;alert(1)&lt;/script&gt;&#9;=1+1|`x`")
    let file = try session.folder.write("hostile.xml", hostile)
    let html = try session.runner.run(["check", file, "--format", "html"]).out
    #expect(html.contains("&lt;script&gt;alert(1)"))
    #expect(!html.contains("<script"))
    let markdown = try session.runner.run(["check", file, "--format", "markdown"]).out
    #expect(!markdown.replacing("\\<", with: "").contains("<script"))
    let text = try session.runner.run(["check", file]).out
    #expect(!text.contains("\t"))
  }
}
